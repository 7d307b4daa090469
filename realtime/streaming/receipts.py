"""Receipts of those who have no socket to send them on."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Final

from ninja import Schema
from pydantic import Field

from core.errors import NotFound
from core.events.models import StreamEntry
from core.gate.registry import Arguments
from core.people.models import Person
from notifications.receipts import mark_acted, mark_delivered, mark_seen, portions
from realtime.cursors import TOPICS
from realtime.door import is_open_to
from realtime.event_frames import EventFrame
from realtime.topics import parse_topic
from realtime.visitors import Known


ACK_EVENTS: Final = 256
"""How far an `ack` reaches back: as far as a ring, whose events may have come at once."""
_CRITICAL: Final = '"crit":"'

ReceiptIds = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)]


class Acknowledged(Arguments):
    """The device has everything of a topic up to `seq`."""

    topic: str = Field(max_length=64)
    seq: int = Field(ge=0)


class Receipts(Arguments):
    """What a device has, and what a person saw or acknowledged."""

    ack: list[Acknowledged] = Field(default=[], max_length=TOPICS)
    seen: ReceiptIds = []
    act: ReceiptIds = []


class Noted(Schema):
    """How many notices each of it changed or confirmed."""

    delivered: int
    seen: int
    acted: int


def take_receipts(person: Person, receipts: Receipts, *, now: datetime) -> Noted:
    """Note them all; what is not the person's changes nothing, as on the socket."""
    delivered = (each for ack in receipts.ack for each in _receipts_up_to(person, ack))
    return Noted(
        delivered=_mark(mark_delivered, person, delivered, now),
        seen=_mark(mark_seen, person, receipts.seen, now),
        acted=_mark(mark_acted, person, receipts.act, now),
    )


def _mark(mark: Callable[..., int], person: Person, receipts: Iterable[str], now: datetime) -> int:
    return sum(mark(person=person, receipts=each, now=now) for each in portions(receipts))


def _receipts_up_to(person: Person, ack: Acknowledged) -> Iterator[str]:
    """Receipts of the critical events among the last `ACK_EVENTS` up to the one acknowledged."""
    try:
        topic = parse_topic(ack.topic)
    except NotFound:
        return
    if not topic.is_sequenced or not is_open_to(Known(person), topic):
        return
    entries = StreamEntry.objects.filter(
        topic=ack.topic,
        seq__gt=ack.seq - ACK_EVENTS,
        seq__lte=ack.seq,
        body__contains=_CRITICAL,
    )
    for seq, body in entries.order_by("seq").values_list("seq", "body"):
        receipt = EventFrame(ack.topic, seq, body).receipt
        if receipt is not None:
            yield receipt
