"""Stating facts about an order: its own and its leg's, all on the order's timeline."""

from collections.abc import Mapping
from typing import Any

from core.events.catalogue import EventType
from core.events.facts import Subject
from core.events.work import Work
from core.legs.models import DeliveryLeg
from core.orders.models import Order


def state_fact(
    kind: EventType, *, order: Order, work: Work, data: Mapping[str, Any] | None = None
) -> None:
    """Record `kind` about the order, whose row already says so."""
    subject = Subject(kind="order", id=order.pk)
    _name_timeline(order, work)
    work.record(kind, subject=subject, version=order.version, data=data)


def state_leg_fact(
    kind: EventType, *, leg: DeliveryLeg, work: Work, data: Mapping[str, Any] | None = None
) -> None:
    """Record `kind` about the leg; its version is the order's, which counts what people see."""
    _name_timeline(leg.order, work)
    work.record(
        kind,
        subject=Subject(kind="leg", id=leg.pk),
        version=leg.order.version,
        data={"order_id": str(leg.order_id), **(data or {})},
    )


def _name_timeline(order: Order, work: Work) -> None:
    work.correlation_id = work.correlation_id or f"order:{order.pk}"
    work.loaded.clear()
