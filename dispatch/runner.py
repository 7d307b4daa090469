"""The dispatcher's loops, each in a thread of its own, as a process or inside the web process."""

import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import structlog
from django.db import DatabaseError, close_old_connections, connection, connections

from core.clock import now
from core.database import run_repeatedly
from core.deadlines.loop import help_with_deadlines, run_deadlines
from core.events.retention import ensure_retention
from dispatch.arrivals.loop import Arrivals
from dispatch.habits.deadlines import ensure_learning
from dispatch.positions.trail import ensure_trail_ends
from dispatch.zones.keeper import ZoneKeeper
from dispatch.zones.planner import Planner


log = structlog.get_logger(__name__)

Loop = Callable[[threading.Event], None]

RESTART_SECONDS = 1.0
"""Real seconds before a loop that broke is started again."""


def run_dispatcher(stop: threading.Event) -> None:
    """Run until `stop` is set: deadlines, the offers and ladders they carry, and settlement.

    Any number of dispatchers may run; they share the work row by row, and the zones by leases.
    """
    threads = [
        threading.Thread(target=keep_running, args=(name, loop, stop), name=name)
        for name, loop in _loops().items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def keep_running(name: str, loop: Loop, stop: threading.Event) -> None:
    """Run `loop`, again whenever it breaks: a database may go, a machine must not."""
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                loop(stop)
            except Exception:
                log.exception("dispatcher.loop_broke", loop=name)
                stop.wait(RESTART_SECONDS)
    finally:
        connections.close_all()


def _loops() -> dict[str, Loop]:
    keeper = ZoneKeeper()
    loops: dict[str, Loop] = {
        "deadlines": _run_deadlines,
        "zones": keeper.run,
        "plans": Planner(keeper).run,
        "arrivals": Arrivals(keeper).run,
    }
    if connection.features.has_select_for_update:  # SQLite has one writer at a time anyway
        loops["more deadlines"] = help_with_deadlines
    if find_spec("core.payments.settlement") is not None:
        loops["settlement"] = import_module("core.payments.settlement").run_settlement
    return loops


def _run_deadlines(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            run_repeatedly(partial(ensure_retention, now=now()))
            run_repeatedly(partial(ensure_learning, now=now()))
            run_repeatedly(partial(ensure_trail_ends, now=now()))
        except DatabaseError as error:
            log.warning("dispatcher.database_unavailable", error=str(error))
            close_old_connections()
            stop.wait(RESTART_SECONDS)
        else:
            break
    run_deadlines(stop)
