"""SQLite for Django, with the threads of one process taking turns at writing.

Other processes are waited for as SQLite does it. A single statement outside a transaction takes
no turn: it holds the file for a moment only.
"""

import weakref
from collections import defaultdict
from typing import Any, Final

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from core.fair_sqlite3.turns import Turns


_turns: Final[defaultdict[str, Turns]] = defaultdict(Turns)
"""By database file. The hooks below are Django's; its stubs leave them out."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes its turn before BEGIN IMMEDIATE, and ends it with the transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ends_turn: weakref.finalize[[], DatabaseWrapper] | None = None

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        turns = _turns[str(self.settings_dict["NAME"])]
        seconds = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        if not turns.take(seconds=seconds):
            raise OperationalError("database is locked")
        # A connection that is dropped in the middle of a transaction rolls back, and so do we.
        self._ends_turn = weakref.finalize(self, turns.give)

    def _end_turn(self) -> None:
        if self._ends_turn is not None:
            self._ends_turn()
            self._ends_turn = None
