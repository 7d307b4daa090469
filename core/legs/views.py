"""A delivery leg as the order's audiences and its courier see it."""

from typing import Any

from core.legs.models import DeliveryLeg
from core.legs.proving import accepted_kinds
from core.legs.states import LegState, LegTrigger, allowed_triggers
from core.orders.moments import iso
from core.orders.pictures import Picture
from core.orders.places import dropoff_view, merchant_view
from core.orders.policy import DEADLINE_RETURN, PaymentMethod
from core.orders.states import State
from core.proofs.policy import FILES


TIMES = (
    "created_at", "assigned_at", "near_pickup_at", "at_pickup_at", "picked_up_at",
    "near_dropoff_at", "at_dropoff_at", "failed_at", "returning_at", "ended_at",
)  # fmt: skip

BY_PROGRAM = frozenset({LegTrigger.LAPSE, LegTrigger.ASSIGN, LegTrigger.CANCEL})
"""Triggers that follow from something else the courier does."""


def leg_summary(leg: DeliveryLeg) -> dict[str, Any]:
    """What stands inside the order's own view; who is being asked stays between couriers."""
    courier = leg.courier
    return {
        "id": str(leg.pk),
        "state": LegState.UNASSIGNED if leg.state == LegState.OFFERED else leg.state,
        "courier": {"id": str(courier.pk), "name": courier.name, "phone": courier.phone}
        if courier
        else None,
        "eta_at": iso(leg.eta_at),
        "search_rung": leg.search_rung,
        "search_waits_until": iso(leg.search_waits_until),
        "search_escalated_at": iso(leg.search_escalated_at),
        "failure_reason": leg.failure_reason,
        "failure_photo": _url(leg, leg.failure_photo),
        "attempt_count": leg.attempt_count,
        "proof_kinds": list(accepted_kinds(leg.order)),
        "proof": _proof_view(leg),
        **{name: iso(getattr(leg, name)) for name in TIMES},
    }


def _proof_view(leg: DeliveryLeg) -> dict[str, Any] | None:
    """How delivery was proven; `url` of the picture, which only the order's people can fetch."""
    proof = leg.proof
    if proof is None:
        return None
    file_id = proof["value"] if proof["kind"] in FILES else None
    return {
        "kind": proof["kind"],
        "at": proof["at"],
        "is_verified": proof.get("is_verified", True),
        "url": _url(leg, file_id),
    }


def _url(leg: DeliveryLeg, file_id: object) -> str | None:
    return f"/api/v1/legs/{leg.pk}/proofs/{file_id}" if file_id else None


def courier_allowed(picture: Picture, leg: DeliveryLeg) -> list[str]:
    """Steps the courier may take now."""
    steps = allowed_triggers(LegState(leg.state), "courier")
    if picture.order.state != State.READY:
        steps = [step for step in steps if step is not LegTrigger.PICK_UP]
    return [step.value for step in steps if step not in BY_PROGRAM]


def courier_view(picture: Picture, leg: DeliveryLeg) -> dict[str, Any]:
    """One row of the courier's jobs; closed when the leg has ended."""
    order = picture.order
    return {
        "id": str(leg.pk),
        "order_id": str(order.pk),
        "number": order.number,
        "state": leg.state,
        "order_state": order.state,
        "version": order.version,
        "merchant": merchant_view(order),
        "dropoff": dropoff_view(order),
        "contact": {"name": order.contact_name, "phone": order.contact_phone},
        "lines_count": sum(line.quantity for line in picture.lines),
        "note": order.note,
        "is_contactless": order.is_contactless,
        "proof_kinds": list(accepted_kinds(order)),
        "failure_reason": leg.failure_reason,
        "return_by": iso(picture.deadlines.get(DEADLINE_RETURN)),
        "collect_minor": order.total_minor if order.payment_method == PaymentMethod.CASH else 0,
        "currency": order.currency,
        "fee_minor": leg.fee_minor,
        "bonus_minor": leg.bonus_minor,
        "promised_ready_at": iso(order.promised_ready_at),
        "promised_at": iso(order.promised_at),
        "ready_at": iso(order.ready_at),
        "eta_at": iso(leg.eta_at),
        "why": leg.assignment_reason.get("code") or leg.assignment_reason.get("mode", ""),
        "times": {name: iso(getattr(leg, name)) for name in TIMES},
        "allowed": courier_allowed(picture, leg),
        "suggested": leg.suggested,
        "open": leg.ended_at is None,
        "ended_at": iso(leg.ended_at),
    }


def lost_view(picture: Picture, leg: DeliveryLeg, *, at: str | None) -> dict[str, Any]:
    """Last row for a courier who lost the leg at the moment `at` (ISO 8601)."""
    return courier_view(picture, leg) | {
        "allowed": [],
        "suggested": None,
        "open": False,
        "ended_at": at,
    }
