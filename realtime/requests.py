"""What a connection asks of the database: blocking functions that answer with a frame's text."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError

from core import clock
from core.errors import PaidanError
from core.events.streams import encode
from core.gate.registry import Call
from core.gate.run import answer_command, find, parse, run_command
from notifications.receipts import mark_acted, mark_delivered, mark_seen
from realtime.codes import ERRORS
from realtime.door import get_active_people, get_current, is_open_to
from realtime.protocol import Ack, Act, Cmd, Pos, Seen
from realtime.tickets import read_ticket
from realtime.topics import Topic
from realtime.visitors import Guest, Known, Visitor, actor_of
from realtime.waiting_receipts import Kind


log = structlog.get_logger(__name__)

REPORT_POSITION = "courier.report_position"
MARKS: Final[Mapping[Kind, Callable[..., int]]] = {
    Ack: mark_delivered,
    Seen: mark_seen,
    Act: mark_acted,
}
"""What each kind of receipt does."""


def refusal(request_id: int | None, code: str, **details: Any) -> str:
    """Text of an `err` frame with one of the protocol's own codes."""
    return encode(
        {"t": "err", **_id(request_id), "code": code, "retry": ERRORS[code].retry, "d": details}
    )


def refusal_of(request_id: int | None, error: Exception) -> str:
    """Text of the `err` frame that tells of `error`; an unexpected one is logged."""
    if isinstance(error, PaidanError):
        problem = error.problem()
        members = {"code": problem.pop("code"), "retry": problem.pop("retryable"), "d": problem}
        return encode({"t": "err", **_id(request_id), **members})
    if isinstance(error, DatabaseError | InterfaceError):
        log.warning("realtime.database_unavailable", exc_info=error)
        return refusal(request_id, "unavailable")
    log.error("realtime.request_failed", exc_info=error)
    return refusal(request_id, "internal")


def read_visitors(tickets: Sequence[str]) -> dict[str, Visitor]:
    """Whom fresh tickets stand for, without those who are gone; one statement for all people."""
    found = {ticket: owner for ticket in tickets if (owner := read_ticket(ticket)) is not None}
    ids = {owner for owner in found.values() if isinstance(owner, UUID)}
    people = get_active_people(ids) if ids else {}
    visitors: dict[str, Visitor] = {}
    for ticket, owner in found.items():
        if isinstance(owner, Guest):
            visitor = get_current(owner)
        else:
            visitor = Known(people[owner]) if owner in people else None
        if visitor is not None:
            visitors[ticket] = visitor
    return visitors


def carry_out(visitor: Visitor, frame: Cmd) -> str:
    """Run a command through the gate; its answer or its refusal."""
    try:
        spec = find(frame.name)
        subject_id, arguments = parse(spec, frame.args)
        call = Call(
            person=actor_of(visitor),
            now=clock.now(),
            subject_id=subject_id,
            expected_version=frame.ver,
        )
        answer = answer_command(spec, call, arguments, key=frame.key)
    except Exception as error:  # noqa: BLE001  a socket answers every command, whatever happens
        return refusal_of(frame.id, error)
    return f'{{"t":"ok","id":{frame.id},"d":{answer}}}'


def report_position(visitor: Visitor, frame: Pos) -> str | None:
    """Take a courier's position; silence is consent."""
    arguments = {
        "latitude": frame.lat,
        "longitude": frame.lng,
        "accuracy_metres": frame.acc,
        "at": frame.at,
    }
    try:
        spec = find(REPORT_POSITION)
        subject_id, parsed = parse(spec, arguments)
        call = Call(person=actor_of(visitor), now=clock.now(), subject_id=subject_id)
        run_command(spec, call, parsed)
    except Exception as error:  # noqa: BLE001  see carry_out
        return refusal_of(None, error)
    return None


def receive_receipts(visitor: Visitor, kind: Kind, receipts: Sequence[str]) -> str | None:
    """Note that a device has, or a person saw or acknowledged, what `receipts` name."""
    try:
        MARKS[kind](person=actor_of(visitor), receipts=receipts, now=clock.now())
    except Exception as error:  # noqa: BLE001  see carry_out
        return refusal_of(None, error)
    return None


def get_closed_topics(visitor: Visitor, topics: list[Topic]) -> list[Topic]:
    """Topics the visitor may no longer listen to; all of them when they are gone."""
    current = get_current(visitor)
    if current is None:
        return topics
    return [topic for topic in topics if not is_open_to(current, topic)]


def _id(request_id: int | None) -> dict[str, int]:
    return {} if request_id is None else {"id": request_id}
