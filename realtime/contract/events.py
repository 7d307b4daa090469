"""Which topics carry which events: the stated audience of everything in the catalogue."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from core.events.catalogue import (
    DELIVERY_PROOF_CAPTURED,
    LADDER_CONFIGURED,
    PUSH_ORIGIN_STOPPED,
    QUEUE_ALARMED,
    QUEUE_RECOVERED,
    SEARCH_PINNED,
    SEARCH_UNPINNED,
    SPENDING_ALARMED,
    WEBHOOK_CHANGED,
    WEBHOOK_DISABLED,
    WEBHOOK_ENABLED,
    WEBHOOK_REGISTERED,
    WEBHOOK_REMOVED,
    WEBHOOK_REPLAYED,
    WEBHOOK_SECRET_ROTATED,
    ZONE_CONFIGURED,
    ZONE_PROOFS_CONFIGURED,
    EventType,
)
from realtime.topics import TopicKind


_PARTIES: Final = (TopicKind.MERCHANT, TopicKind.ORDER, TopicKind.COURIER)

TOPICS_OF_FAMILY: Final[Mapping[str, tuple[TopicKind, ...]]] = MappingProxyType(
    {
        "order": _PARTIES,
        "delivery": _PARTIES,
        "payment": _PARTIES,
        "refund": _PARTIES,
        "courier": (TopicKind.COURIER,),
        "store": (TopicKind.MERCHANT,),
        "item": (TopicKind.MERCHANT,),
        "notification": (TopicKind.USER,),
    }
)
"""Kinds of topic that may carry an event, by what stands before the dot of its name."""

HEARD_BY_NOBODY: Final = frozenset(
    kind.name
    for kind in (
        DELIVERY_PROOF_CAPTURED, SEARCH_PINNED, SEARCH_UNPINNED, ZONE_CONFIGURED,
        ZONE_PROOFS_CONFIGURED,
        LADDER_CONFIGURED, SPENDING_ALARMED, PUSH_ORIGIN_STOPPED,
        QUEUE_ALARMED, QUEUE_RECOVERED,
        WEBHOOK_REGISTERED, WEBHOOK_CHANGED, WEBHOOK_SECRET_ROTATED, WEBHOOK_DISABLED,
        WEBHOOK_ENABLED, WEBHOOK_REMOVED, WEBHOOK_REPLAYED,
    )
)  # fmt: skip
"""Facts for the timeline only: what follows from them is an event of its own."""


def topics_of(kind: EventType) -> tuple[TopicKind, ...]:
    """Kinds of topic that may carry the event."""
    if kind.name in HEARD_BY_NOBODY:
        return ()
    return TOPICS_OF_FAMILY[kind.subject_kind]
