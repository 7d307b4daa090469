"""An order as each audience sees it: plain JSON-able values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.legs.proving import qr_text
from core.legs.views import leg_summary
from core.orders.allowed import get_allowed
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.pictures import Picture
from core.orders.places import dropoff_view, merchant_view
from core.orders.policy import OUTCOMES, TIMINGS
from core.orders.states import GROUP, State


TIMES = (
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


def tracking_view(picture: Picture) -> dict[str, Any]:
    """What everybody who follows the order sees: the customer's view without its secrets.

    Staff and couriers follow it, too; the code that proves the handover is the customer's own
    and is given only in answer to the customer's own requests.
    """
    return _common_view(picture, "customer")


def order_view(picture: Picture, audience: str) -> dict[str, Any]:
    """View of `audience`: customer, merchant, courier or operator."""
    view = _common_view(picture, audience)
    if audience == "customer":
        view["handover_code"] = picture.order.handover_code
        view["handover_qr"] = qr_text(picture.order)
        view["payment"]["pay_url"] = picture.payment.pay_url if picture.payment else ""
    return view


def _common_view(picture: Picture, audience: str) -> dict[str, Any]:
    if not picture.drawn:
        picture.drawn.update(_draw(picture))
    view = picture.drawn | {"allowed": get_allowed(picture.order, audience)}
    view["payment"] = dict(view["payment"])  # the customer's has one member more
    return view


def _draw(picture: Picture) -> dict[str, Any]:
    """Draw what every audience sees alike; `allowed` has its place, and is each one's own."""
    order = picture.order
    return {
        "id": str(order.pk),
        "number": order.number,
        "state": order.state,
        "group": GROUP[State(order.state)],
        "version": order.version,
        "fulfilment": order.fulfilment,
        "merchant": merchant_view(order),
        "customer": {"name": order.customer.name},
        "contact": {"name": order.contact_name, "phone": order.contact_phone},
        "dropoff": dropoff_view(order),
        "lines": [
            {
                "id": str(line.pk),
                "item_id": str(line.item_id),
                "name": line.name,
                "unit_minor": line.unit_minor,
                "quantity": line.quantity,
                "ordered_quantity": line.ordered_quantity,
            }
            for line in picture.lines
        ],
        "currency": order.currency,
        "items_minor": order.items_minor,
        "delivery_fee_minor": order.delivery_fee_minor,
        "total_minor": order.total_minor,
        "payment": _payment_view(picture),
        "note": order.note,
        "is_contactless": order.is_contactless,
        "times": {name: iso(getattr(order, name)) for name in TIMES}
        | {"free_cancellation_until": iso(free_cancellation_until(order))},
        "delay_minutes": order.delay_minutes,
        **_exceptions(order),
        "is_flagged": order.is_flagged,
        "deadlines": {kind: iso(due_at) for kind, due_at in sorted(picture.deadlines.items())},
        "next_deadline": _next_deadline(picture.deadlines),
        "allowed": [],
        "leg": leg_summary(picture.leg) if picture.leg is not None else None,
        "open": order.ended_at is None,
        "ended_at": iso(order.ended_at),
    }


def _next_deadline(deadlines: Mapping[str, datetime]) -> dict[str, Any] | None:
    """What happens next by itself, and when; null once the order has ended."""
    deciding = [(due_at, kind) for kind, due_at in deadlines.items() if kind in OUTCOMES]
    if not deciding:
        return None
    due_at, kind = min(deciding)
    return {"kind": kind, "due_at": iso(due_at), "outcome": OUTCOMES[kind]}


def free_cancellation_until(order: Order) -> datetime | None:
    """Until when the customer may cancel an accepted order without asking."""
    return order.accepted_at + TIMINGS.free_cancellation if order.accepted_at else None


def _payment_view(picture: Picture) -> dict[str, Any]:
    payment = picture.payment
    return {
        "method": picture.order.payment_method,
        "state": payment.state if payment else None,
        "refunded_minor": payment.refunded_minor if payment else 0,
        "kept_minor": picture.order.kept_minor,
    }


def _exceptions(order: Order) -> dict[str, Any]:
    """What is out of the ordinary, each null when it is not."""
    cancellation = cancel = hold = nudge = None
    if order.cancellation_requested_at:
        cancellation = {
            "requested_at": iso(order.cancellation_requested_at),
            "reason": order.cancellation_reason,
        }
    if order.cancel_reason:
        cancel = {
            "reason": order.cancel_reason,
            "party": order.cancel_party,
            "mode": order.cancel_mode,
        }
    if order.held_at:
        hold = {"at": iso(order.held_at), "reason": order.hold_reason}
    if order.nudged_at:
        nudge = {
            "at": iso(order.nudged_at),
            "count": order.nudge_count,
            "reply": order.nudge_reply,
        }
    return {
        "cancellation": cancellation,
        "cancel": cancel,
        "hold": hold,
        "nudge": nudge,
        "proposal": order.proposal,
        "pickup_proposed_at": iso(order.pickup_proposed_at),
    }
