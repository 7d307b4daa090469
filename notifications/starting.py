"""What a sender looks at before it begins: it would rather not start than send nothing quietly."""

import time
from collections.abc import Callable, Collection, Iterator
from typing import Final

from django.core.checks import ERROR, run_checks
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from core.environment import environment
from core.shared_time import shared_time
from notifications.broker import ensure_broker
from notifications.escalation import Channel
from notifications.pushing.keys import vapid_keys


MOST_SKEW_SECONDS: Final = 15.0
"""How far this machine's clock may be from the database's: what is due is judged by it."""

Check = Callable[[Collection[str]], Iterator[str]]
"""Yields a sentence for each thing that keeps a sender of those queues from its work."""


class CannotStart(Exception):
    """A sender would not do its work here; the message is one line that says why."""


def check_start(queues: Collection[str], *, needs_broker: bool) -> None:
    """Look at everything that a sender of `queues` needs.

    :raises CannotStart: with the first thing that is wrong.
    """
    checks: list[Check] = [_sandbox, _database, _clocks, _push, _texts, _templates]
    for check in [*checks, _broker] if needs_broker else checks:
        for wrong in check(queues):
            raise CannotStart(wrong)


def _sandbox(_queues: Collection[str]) -> Iterator[str]:
    env = environment()
    if env.production and env.sandbox_url:
        yield "PAIDAN_SANDBOX_URL is set: in production nothing goes to the sandbox"


def _database(_queues: Collection[str]) -> Iterator[str]:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError) as error:
        yield f"the database does not answer: {_line(error)}"
    else:
        if missing:
            name = f"{missing[0][0].app_label}.{missing[0][0].name}"
            yield f"the database lacks {len(missing)} migrations ({name}): run manage.py migrate"


def _clocks(_queues: Collection[str]) -> Iterator[str]:
    ahead = time.time() - shared_time.now()
    if abs(ahead) > MOST_SKEW_SECONDS:
        way = "ahead of" if ahead > 0 else "behind"
        yield f"this machine's clock is {abs(ahead):.0f} s {way} the database's: run NTP"


def _push(queues: Collection[str]) -> Iterator[str]:
    if Channel.PUSH.value in queues and not vapid_keys().private:
        yield "PAIDAN_VAPID_PRIVATE_KEY is not set: manage.py vapid makes one for queue push"


def _texts(queues: Collection[str]) -> Iterator[str]:
    env = environment()
    if Channel.SMS.value in queues and env.production and not env.sms_file:
        yield (
            "PAIDAN_SMS_FILE is not set: nobody carries what queue sms holds; "
            "an empty file says that nobody shall"
        )


def _templates(_queues: Collection[str]) -> Iterator[str]:
    wrong = [each for each in run_checks(tags=["notifications"]) if each.level >= ERROR]
    if wrong:
        others = f" (and {len(wrong) - 1} more; see manage.py check)" if wrong[1:] else ""
        yield f"{_line(wrong[0].msg)} ({wrong[0].id}){others}"


def _broker(_queues: Collection[str]) -> Iterator[str]:
    try:
        ensure_broker()
    except Exception as error:  # noqa: BLE001  each broker's client has errors of its own
        yield f"the broker does not answer: {_line(error)}"


def _line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__
