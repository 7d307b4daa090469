"""What a guest reads: where an order stands, and nothing of whom it is for, what it costs or is.

Everything here is an allow-list: a member that nobody has named is withheld, however new it is.
A member that is named alone is given as a plain value; of an object only the members named below
it are given, and of a list nothing.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from core.events import catalogue as facts
from core.events.streams import encode


Allowed = Mapping[str, "Allowed"]

PLAIN: Final[Allowed] = MappingProxyType({})


def _plain(*names: str) -> dict[str, Allowed]:
    return dict.fromkeys(names, PLAIN)


TIMES: Final = _plain(
    "created_at",
    "release_at",
    "placed_at",
    "accepted_at",
    "preparing_at",
    "ready_at",
    "handed_over_at",
    "ended_at",
    "promised_ready_at",
    "promised_at",
)

ORDER: Final[Allowed] = MappingProxyType(
    {
        **_plain("id", "state", "group", "version", "fulfilment", "delay_minutes"),
        **_plain("open", "ended_at"),
        "merchant": _plain("name", "latitude", "longitude"),
        "times": TIMES,
        "deadlines": _plain("order.accept", "order.payment"),
        # Withheld where its kind would tell what is no guest's to know.
        "next_deadline": _plain("kind", "due_at", "outcome"),
        "hold": _plain("at"),
        # Of the courier only that there is one: an empty object.
        "leg": _plain("state", "eta_at", "courier"),
    }
)
"""Members of an order's view; the place it goes to is the customer's address."""

NEXT_TOLD: Final = frozenset(
    {"order.accept", "order.payment", "order.release_at", "order.overdue"}
)
"""Kinds of `next_deadline` that say no more than the state does."""

VIEWS: Final[Mapping[str, Allowed]] = MappingProxyType({"order": ORDER})
"""By what stands before the colon of a row's key."""

TOLD: Final = frozenset(
    kind.name
    for kind in (
        facts.ORDER_PLACED,
        facts.ORDER_ACCEPTED,
        facts.ORDER_REJECTED,
        facts.ORDER_ACCEPT_EXPIRED,
        facts.ORDER_PREPARATION_STARTED,
        facts.ORDER_DELAYED,
        facts.ORDER_READY,
        facts.ORDER_HANDED_OVER,
        facts.ORDER_COMPLETED,
        facts.ORDER_CANCELLED,
        facts.ORDER_CANCELLED_AFTER_ACCEPTANCE,
        facts.DELIVERY_ASSIGNED,
        facts.DELIVERY_AT_PICKUP,
        facts.DELIVERY_PICKED_UP,
        facts.DELIVERY_AT_DROPOFF,
        facts.DELIVERY_DELIVERED,
        facts.DELIVERY_ETA_CHANGED,
    )
)
"""Types of events that say no more than the state does."""
UNTOLD: Final = "order.changed"
"""Type of all others: that somebody was refunded, asked or held up is not a guest's to know."""


def guest_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a snapshot, `{"key", "ver", "d"}`, as a guest reads it."""
    view = _only(row["d"], VIEWS.get(row["key"].partition(":")[0], PLAIN))
    coming = view.get("next_deadline")
    if coming is not None and coming["kind"] not in NEXT_TOLD:
        view["next_deadline"] = None
    return {"key": row["key"], "ver": row["ver"], "d": view}


def guest_body(body: str) -> str:
    """Return the body of an event as a guest reads it: who acted only by their role, no receipt.

    Nobody acknowledges for a guest, so an event that is critical for others is not for them.
    """
    event = json.loads(body)
    row = guest_row(event)
    return encode(
        {
            "seq": event["seq"],
            "key": row["key"],
            "ver": row["ver"],
            "type": event["type"] if event["type"] in TOLD else UNTOLD,
            "at": event["at"],
            "actor": {"type": event["actor"]["type"]},
            "d": row["d"],
        }
    )


@lru_cache(maxsize=256)
def guest_position(text: str) -> str:
    """Return a `pos` frame as a guest reads it: of a courier without a name."""
    frame = json.loads(text)
    place = {name: frame[name] for name in ("lat", "lng", "at")}
    return encode({"t": "pos", "topic": frame["topic"], "courier": "", **place})


def _only(value: Any, allowed: Allowed) -> Any:
    if isinstance(value, dict):
        named = ((name, inner) for name, inner in allowed.items() if name in value)
        return {name: _only(value[name], inner) for name, inner in named}
    return None if isinstance(value, list) else value
