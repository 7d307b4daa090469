"""The courier's own steps: from the shop's counter to the door, or back."""

from dataclasses import dataclass
from typing import Literal

from core.errors import Invalid
from core.events.catalogue import (
    DELIVERY_AT_DROPOFF,
    DELIVERY_AT_PICKUP,
    DELIVERY_DELIVERED,
    DELIVERY_FAILED,
    DELIVERY_PICKED_UP,
    DELIVERY_PROOF_CAPTURED,
    DELIVERY_RETURNED,
    DELIVERY_RETURNING,
    ORDER_CANCELLED_AFTER_ACCEPTANCE,
    EventType,
)
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from core.legs.commands import require_leg, save_both
from core.legs.models import DeliveryLeg
from core.legs.states import LegTrigger
from core.orders.conflicts import require
from core.orders.ending import Ending, end_order, finish, leave_shop
from core.orders.facts import state_leg_fact
from core.orders.guessing import WrongGuess, check_code
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.policy import Reason
from core.orders.states import Trigger


class WrongNumber(Invalid):
    """The courier holds another order's bag."""

    code = "wrong_number"
    title = "That is not this order's number."


class WrongPin(WrongGuess):
    """The customer's code does not match."""

    code = "wrong_pin"
    title = "That is not the customer's code."


@dataclass(frozen=True, slots=True)
class Proof:
    """How delivery is proven: `value` is the PIN, or names the stored photo or signature."""

    kind: Literal["pin", "photo", "signature", "operator", "overdue"]
    value: str


def arrive_pickup(*, leg: DeliveryLeg, work: Work) -> None:
    """The courier is at the shop."""
    _step(LegTrigger.ARRIVE_PICKUP, DELIVERY_AT_PICKUP, leg=leg, work=work)


def arrive_dropoff(*, leg: DeliveryLeg, work: Work) -> None:
    """The courier is at the door."""
    _step(LegTrigger.ARRIVE_DROPOFF, DELIVERY_AT_DROPOFF, leg=leg, work=work)


def pick_up(*, leg: DeliveryLeg, number: int | None, work: Work) -> None:
    """The courier takes the order: it leaves the shop's hands.

    :raises WrongNumber: the number read off the bag is another order's.
    :raises IllegalStep: it is not ready, or the courier is elsewhere.
    """
    order = leg.order
    require_leg(LegTrigger.PICK_UP, leg=leg, work=work)
    require(Trigger.HAND_OVER, order=order, work=work)
    if number is not None and number != order.number:
        raise WrongNumber
    leg.apply(LegTrigger.PICK_UP, now=work.now)
    leg.save()
    leave_shop(order=order, work=work)
    state_leg_fact(DELIVERY_PICKED_UP, leg=leg, work=work)


def deliver(*, leg: DeliveryLeg, proof: Proof, work: Work) -> None:
    """The customer has the order, and that is proven.

    :raises WrongPin: the customer's code does not match.
    :raises TooManyAttempts: too many codes did not match.
    :raises IllegalStep: the courier does not have the order in hand.
    """
    order = leg.order
    require_leg(LegTrigger.DELIVER, leg=leg, work=work)
    require(Trigger.COMPLETE, order=order, work=work)
    if proof.kind == "pin":
        check_code(proof.value, order=order, wrong=WrongPin, now=work.now)
    leg.proof = {"kind": proof.kind, "at": iso(work.now)}
    if proof.kind != "pin":
        leg.proof["value"] = proof.value
    leg.apply(LegTrigger.DELIVER, now=work.now)
    leg.save()
    finish(order=order, work=work)
    state_leg_fact(DELIVERY_PROOF_CAPTURED, leg=leg, work=work, data={"proof": leg.proof})
    state_leg_fact(DELIVERY_DELIVERED, leg=leg, work=work)


def fail_leg(*, leg: DeliveryLeg, reason: str, work: Work) -> None:
    """Nobody at the door, refused or damaged: the order does not reach the customer."""
    require_leg(LegTrigger.FAIL, leg=leg, work=work)
    leg.failure_reason = reason
    _step(LegTrigger.FAIL, DELIVERY_FAILED, leg=leg, work=work)


def start_return(*, leg: DeliveryLeg, work: Work) -> None:
    """The courier carries the order back."""
    _step(LegTrigger.RETURN, DELIVERY_RETURNING, leg=leg, work=work)


def finish_return(*, leg: DeliveryLeg, work: Work) -> None:
    """The order is back at the shop, and ends undelivered."""
    _step(LegTrigger.RETURN_DONE, DELIVERY_RETURNED, leg=leg, work=work)
    with unit_of_work(now=work.now, actor=SYSTEM) as own:
        stop_failed(order=leg.order, work=own)


def stop_failed(*, order: Order, work: Work) -> None:
    """End an order that could not be delivered."""
    require(Trigger.STOP, order=order, work=work)
    ending = Ending(ORDER_CANCELLED_AFTER_ACCEPTANCE, Reason.DELIVERY_FAILED)
    end_order(Trigger.STOP, ending, order=order, work=work)


def _step(trigger: LegTrigger, kind: EventType, *, leg: DeliveryLeg, work: Work) -> None:
    require_leg(trigger, leg=leg, work=work)
    leg.apply(trigger, now=work.now)
    save_both(leg)
    state_leg_fact(kind, leg=leg, work=work)
