"""Record fan-out events the way every command does: event, stream entry, commit, bell.

Imported only once Django is set up.
"""

import atexit
from collections.abc import Sequence

from django.db import transaction

from core.bell import bell
from core.clock import now
from core.events.audiences import audience
from core.events.catalogue import ORDER_PREPARATION_STARTED
from core.events.facts import SYSTEM, Fact, Row, Subject
from core.events.streams import publish
from core.identifiers import new_id
from loadtests.fanout.shapes import order_event


_DONE = "loadtest-published"
_PATIENCE_SECONDS = 5
_heard_ourselves = bell.waker(_DONE)


@audience("loadtest")
def _one_board(fact: Fact) -> Sequence[Row]:
    """Show the fact to the one topic it names; each is about a thing of its own."""
    view = {**fact.data["event"], "open": True, "ended_at": None}
    key = f"{fact.subject.kind}:{fact.subject.id}"
    return [Row(topic=fact.data["topic"], key=key, version=fact.version, view=view)]


def record(topic: str, number: int, due_ns: int) -> None:
    """Commit one event that was due then, without reactions: there is no order behind it."""
    fact = Fact(
        type=ORDER_PREPARATION_STARTED,
        subject=Subject(kind="loadtest", id=new_id()),
        version=1,
        occurred_at=now(),
        actor=SYSTEM,
        data={"topic": topic, "event": order_event(number, topic, due_ns)},
    )
    with transaction.atomic():
        publish([fact], wakes=(), correlation_id="", causation_id=None)


@atexit.register
def _wait_for_the_bell() -> None:
    """Leave only when the bus has taken everything that was rung."""
    bell.ring(_DONE, {})
    _heard_ourselves.wait(_PATIENCE_SECONDS)
