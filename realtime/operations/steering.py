"""Carries out an administrator's orders on the hub of this process, on its event loop."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, assert_never
from uuid import UUID

import structlog

from core.bell import bell
from core.errors import NotFound
from core.events.streams import shard_group
from realtime.codes import LEASE_EXPIRED, REVOKED
from realtime.event_frames import EventFrame
from realtime.feeds import Feed
from realtime.operations.orders import (
    AnyOrder,
    Connections,
    Kick,
    Resync,
    Ring,
    Topics,
    order_of,
)
from realtime.tally import tally


if TYPE_CHECKING:
    from realtime.hub import Hub, Member


log = structlog.get_logger(__name__)

UNIX_MILLISECONDS: Final = 80
"""Where a UUIDv7 keeps its time: above so many bits."""

Answer = dict[str, Any]


class UnknownTopic(NotFound):
    """The process has no such topic; another one may."""

    title = "This process has no such topic."


def carry_out(hub: "Hub", order: AnyOrder) -> Answer:
    """Do what is ordered, here and where it concerns the others; return what there is to tell.

    :raises UnknownTopic: a ring was asked for that this process does not have.
    """
    return {"node": str(hub.presence.node_id), **_answer(hub, order)}


def overhear(hub: "Hub", message: dict[str, Any]) -> None:
    """Follow an order that another process has passed on."""
    for each in message.get("order", ()):
        if each["from"] != str(hub.presence.node_id):
            order = order_of({name: value for name, value in each.items() if name != "from"})
            if isinstance(order, Kick | Resync):
                _follow(hub, order)


def _answer(hub: "Hub", order: AnyOrder) -> Answer:
    match order:
        case Topics():
            return {"topics": [_topic(feed) for feed in _feeds(hub)]}
        case Connections():
            return {"connections": [_connection(member) for member in _matching(hub, order)]}
        case Ring():
            return _ring(hub, order)
        case Kick() | Resync():
            _pass_on(hub, order)
            return {"done": _follow(hub, order), "passed_on": True}
    assert_never(order)


def _follow(hub: "Hub", order: Kick | Resync) -> int:
    """Kick or resync here; return how many it concerned."""
    log.info("hubctl.order", **order.model_dump(mode="json", exclude_none=True))
    return _kick(hub, order) if isinstance(order, Kick) else _resync(hub, order)


def _kick(hub: "Hub", order: Kick) -> int:
    kicked = [
        member
        for member in hub.members
        if str(order.person) == member.person_key or order.connection == member.id
    ]
    for member in kicked:
        log.info("hubctl.kicked", conn=str(member.id), person=member.person_key, by=order.by)
        member.close(REVOKED if order.for_good else LEASE_EXPIRED)
    tally.kicked_count += len(kicked)
    return len(kicked)


def _resync(hub: "Hub", order: Resync) -> int:
    for snapshots in (hub.snapshots, hub.guest_snapshots):
        snapshots.forget(order.topic)
    feed = _feed(hub, order.topic)
    return feed.renew() if feed is not None else 0


def _pass_on(hub: "Hub", order: Kick | Resync) -> None:
    members = {**order.model_dump(mode="json"), "from": str(hub.presence.node_id)}
    bell.ring(shard_group("hub"), {"order": [members]})


def _ring(hub: "Hub", order: Ring) -> Answer:
    feed = _feed(hub, order.topic)
    if feed is None:
        raise UnknownTopic
    newest = list(feed.ring)[-order.events :] if order.events else []
    return {
        **_topic(feed),
        "floor": feed.stretch.floor,
        "expected": feed.expected,
        "waiting_beyond_gap": len(feed.early),
        "events": [_event(event) for event in newest],
    }


def _event(event: EventFrame) -> Answer:
    body = json.loads(event.body)
    return {
        "seq": event.seq,
        "key": body["key"],
        "ver": body["ver"],
        "type": body["type"],
        "crit": event.receipt,
        "bytes": event.size,
    }


def _topic(feed: Feed) -> Answer:
    return {
        "topic": feed.topic,
        "epoch": feed.epoch,
        "head": feed.last,
        "listeners": len(feed.listeners),
        "events": len(feed.ring),
        "is_behind": feed.is_behind,
    }


def _connection(member: "Member") -> Answer:
    return {
        "conn": str(member.id),
        "person": member.person_key,
        "since": _made_at(member.id).isoformat(),
        "carrier": "stream" if member.is_stream else "socket",
        "waiting_bytes": member.waiting_bytes,
        "topics": sorted(member.topics),
    }


def _matching(hub: "Hub", order: Connections) -> Iterator["Member"]:
    wanted: Callable[[Member], bool] = lambda member: (  # noqa: E731  one expression
        (order.topic is None or order.topic in member.topics)
        and (order.person is None or str(order.person) == member.person_key)
    )
    return filter(wanted, hub.members)


def _feeds(hub: "Hub") -> list[Feed]:
    return [*hub.feeds.values(), *hub.zones.values()]


def _feed(hub: "Hub", topic: str) -> Feed | None:
    return hub.feeds.get(topic) or hub.zones.get(topic)


def _made_at(made: UUID) -> datetime:
    """When a UUIDv7 was made."""
    return datetime.fromtimestamp((made.int >> UNIX_MILLISECONDS) / 1000, UTC)
