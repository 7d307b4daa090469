"""What programs of shops are sent: CloudEvents 1.0 as JSON, with the shop's view of the thing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.environment import environment
from core.events.catalogue import CATALOGUE
from core.events.facts import Fact, Row
from core.events.streams import encode


CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TEST_TYPE: Final = "webhook.test"
"""Type of the message by which an endpoint is tried; no fact of the catalogue."""

FAMILIES: Final = frozenset({"order", "delivery", "payment", "refund", "store", "item"})
"""Families of events that a shop sees on its board, and so its programs."""

KNOWN_TYPES: Final = frozenset(
    {name for name, kind in CATALOGUE.items() if kind.subject_kind in FAMILIES}
    | {f"{family}.*" for family in FAMILIES}
)
"""What an endpoint may ask for."""


def event_body(fact: Fact, row: Row) -> str:
    """Return `fact` as the shop sees it: `row` is the one on its board."""
    kind = row.key.partition(":")[0]
    data = {
        "kind": kind,
        "version": row.version,
        "actor": fact.actor.as_json(),
        "view": row.view,
    }
    merchant_id = UUID(row.topic.partition(":")[2])
    more = {"opendelivery": fact.type.open_delivery} if fact.type.open_delivery else {}
    return _cloud_event(
        fact.id,
        fact.type.name,
        merchant_id=merchant_id,
        about={"subject": row.key, **more},
        at=fact.occurred_at,
        data=data,
    )


def trial_body(message_id: UUID, *, merchant_id: UUID, webhook_id: UUID, now: datetime) -> str:
    """Return the message by which somebody tries an endpoint."""
    return _cloud_event(
        message_id,
        TEST_TYPE,
        merchant_id=merchant_id,
        about={"subject": f"webhook:{webhook_id}"},
        at=now,
        data={"kind": "webhook", "version": 1, "actor": {"type": "system"}, "view": {}},
    )


def _cloud_event(
    message_id: UUID,
    event_type: str,
    *,
    merchant_id: UUID,
    about: Mapping[str, str],
    at: datetime,
    data: Mapping[str, Any],
) -> str:
    return encode(
        {
            "specversion": "1.0",
            "id": message_id,
            "source": f"{environment().public_url}/api/v1/merchants/{merchant_id}",
            "type": event_type,
            **about,
            "time": at,
            "datacontenttype": "application/json",
            "data": data,
        }
    )
