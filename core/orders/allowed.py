"""What a role may do with an order right now: the table, narrowed by the order's other facts."""

from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import Final

from core.legs.states import WITHOUT_COURIER
from core.orders.models import Order
from core.orders.policy import Fulfilment
from core.orders.states import TRANSITIONS, State, Trigger, allowed_triggers


Condition = Callable[[Order, str], bool]


def _may_complete(order: Order, role: str) -> bool:
    """A delivery is completed by the courier's proof, a pick-up across the counter."""
    delivered = order.fulfilment == Fulfilment.DELIVERY
    return role != ("merchant" if delivered else "courier")


def _may_convert(order: Order, _role: str) -> bool:
    """Only what nobody carries can be left for the customer to collect."""
    leg = getattr(order, "leg", None)
    nobody_has_it = leg is None or leg.state in WITHOUT_COURIER
    return order.fulfilment == Fulfilment.DELIVERY and nobody_has_it


def _may_propose_pickup(order: Order, role: str) -> bool:
    """A shop asks the customer to come once it was asked itself what to do."""
    leg = getattr(order, "leg", None)
    asked = leg is not None and leg.search_escalated_at is not None
    may = asked or role == "operator"
    return may and order.pickup_proposed_at is None and _may_convert(order, role)


CONDITIONS: Final[MappingProxyType[Trigger, Condition]] = MappingProxyType(
    {
        Trigger.MARK_READY: lambda order, _role: order.proposal is None,
        Trigger.COMPLETE: _may_complete,
        Trigger.REQUEST_CANCELLATION: lambda order, _: order.cancellation_requested_at is None,
        Trigger.AGREE_CANCELLATION: lambda order, _: order.cancellation_requested_at is not None,
        Trigger.REFUSE_CANCELLATION: lambda order, _: order.cancellation_requested_at is not None,
        Trigger.PROPOSE_ADJUSTMENT: lambda order, _role: order.proposal is None,
        Trigger.ADJUST: lambda order, _role: order.proposal is None,
        Trigger.ANSWER_ADJUSTMENT: lambda order, _role: order.proposal is not None,
        Trigger.REPLY_NUDGE: lambda order, _role: order.nudge_count > 0 and not order.nudge_reply,
        Trigger.CONVERT: _may_convert,
        Trigger.PROPOSE_PICKUP: _may_propose_pickup,
        Trigger.ANSWER_PICKUP: lambda order, _role: order.pickup_proposed_at is not None,
        Trigger.HOLD: lambda order, _role: order.held_at is None,
        Trigger.RELEASE: lambda order, _role: order.held_at is not None,
    }
)
"""Triggers that need more than the right state."""


def is_possible(order: Order, trigger: Trigger, role: str) -> bool:
    """Whether `role`, which may pull `trigger`, can do so now."""
    if (State(order.state), trigger) not in TRANSITIONS:
        return False
    return _is_met(order, trigger, role)


def get_allowed(order: Order, role: str) -> list[str]:
    """Triggers that `role` may pull now, in the enum's order."""
    triggers = _possible(State(order.state), role)
    return [trigger.value for trigger in triggers if _is_met(order, trigger, role)]


def _is_met(order: Order, trigger: Trigger, role: str) -> bool:
    condition = CONDITIONS.get(trigger)
    return condition is None or condition(order, role)


@cache
def _possible(state: State, role: str) -> tuple[Trigger, ...]:
    """Return what the table alone says; a view is drawn more often than the table changes."""
    return tuple(allowed_triggers(state, role))
