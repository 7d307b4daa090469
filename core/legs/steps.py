"""The courier's own steps: from the shop's counter to the customer's hands."""

from core.errors import Invalid
from core.events.catalogue import (
    DELIVERY_AT_DROPOFF,
    DELIVERY_AT_PICKUP,
    DELIVERY_DELIVERED,
    DELIVERY_PICKED_UP,
    DELIVERY_PROOF_CAPTURED,
    ORDER_OPERATOR_ALARMED,
    EventType,
)
from core.events.work import Work
from core.legs.commands import require_leg, save_both
from core.legs.models import DeliveryLeg
from core.legs.proving import Proof, prove
from core.legs.states import LegTrigger
from core.legs.taking import JUST_NOW, Taken
from core.orders.conflicts import require
from core.orders.ending import finish, leave_shop
from core.orders.facts import state_fact, state_leg_fact
from core.orders.states import Trigger


class WrongNumber(Invalid):
    """The courier holds another order's bag."""

    code = "wrong_number"
    title = "That is not this order's number."


def arrive_pickup(*, leg: DeliveryLeg, taken: Taken = JUST_NOW, work: Work) -> None:
    """The courier is at the shop."""
    take_step(LegTrigger.ARRIVE_PICKUP, DELIVERY_AT_PICKUP, leg=leg, taken=taken, work=work)


def arrive_dropoff(*, leg: DeliveryLeg, taken: Taken = JUST_NOW, work: Work) -> None:
    """The courier is at the door."""
    take_step(LegTrigger.ARRIVE_DROPOFF, DELIVERY_AT_DROPOFF, leg=leg, taken=taken, work=work)


def pick_up(*, leg: DeliveryLeg, number: int | None, taken: Taken = JUST_NOW, work: Work) -> None:
    """The courier takes the order: it leaves the shop's hands.

    :raises WrongNumber: the number read off the bag is another order's.
    :raises IllegalStep: it is not ready, or the courier is elsewhere.
    """
    order = leg.order
    require_leg(LegTrigger.PICK_UP, leg=leg, work=work)
    require(Trigger.HAND_OVER, order=order, work=work)
    if number is not None and number != order.number:
        raise WrongNumber
    moment = taken.moment(leg, now=work.now)
    leg.apply(LegTrigger.PICK_UP, now=moment)
    leg.save()
    leave_shop(order=order, work=work)
    data = taken.facts(moment, now=work.now)
    state_leg_fact(DELIVERY_PICKED_UP, leg=leg, work=work, data=data)


def deliver(*, leg: DeliveryLeg, proof: Proof, taken: Taken = JUST_NOW, work: Work) -> None:
    """The customer has the order, and that is proven.

    :raises ProofNotAccepted: the order wants another kind.
    :raises ProofFileUnknown: the picture was not sent.
    :raises WrongPin: the customer's code does not match.
    :raises WrongQr: the code scanned is another order's.
    :raises TooManyAttempts: too many codes did not match.
    :raises IllegalStep: the courier does not have the order in hand.
    """
    order = leg.order
    require_leg(LegTrigger.DELIVER, leg=leg, work=work)
    require(Trigger.COMPLETE, order=order, work=work)
    leg.proof = prove(proof, leg=leg, taken=taken, work=work)
    moment = taken.moment(leg, now=work.now)
    leg.apply(LegTrigger.DELIVER, now=moment)
    leg.save()
    is_doubted = not leg.proof["is_verified"]
    finish(order=order, work=work, flagged=is_doubted)
    state_leg_fact(DELIVERY_PROOF_CAPTURED, leg=leg, work=work, data={"proof": leg.proof})
    data = taken.facts(moment, now=work.now)
    state_leg_fact(DELIVERY_DELIVERED, leg=leg, work=work, data=data)
    if is_doubted:
        cause = {"cause": "proof_unverified"}
        state_fact(ORDER_OPERATOR_ALARMED, order=order, work=work, data=cause)


def take_step(
    trigger: LegTrigger, kind: EventType, *, leg: DeliveryLeg, taken: Taken, work: Work
) -> None:
    """Move the leg along and state the fact of it."""
    require_leg(trigger, leg=leg, work=work)
    moment = taken.moment(leg, now=work.now)
    leg.apply(trigger, now=moment)
    save_both(leg)
    state_leg_fact(kind, leg=leg, work=work, data=taken.facts(moment, now=work.now))
