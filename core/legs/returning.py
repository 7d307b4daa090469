"""A delivery that failed: back to the shop, or to the door once more.

The courier is bound until the shop, or an operator, says that the goods are back; only then does
the order end, and whoever is to blame pays for the trip.
"""

from uuid import UUID

from core.events.catalogue import (
    DELIVERY_FAILED,
    DELIVERY_REATTEMPTED,
    DELIVERY_RETURNED,
    DELIVERY_RETURNING,
    ORDER_CANCELLED_AFTER_ACCEPTANCE,
    ORDER_OPERATOR_ALARMED,
)
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from core.legs.commands import get_leg, require_leg, save_both
from core.legs.models import DeliveryLeg
from core.legs.proving import require_file
from core.legs.states import LegState, LegTrigger
from core.legs.steps import take_step
from core.legs.taking import JUST_NOW, Taken
from core.orders.conflicts import require
from core.orders.ending import Ending, end_order
from core.orders.facts import state_fact, state_leg_fact
from core.orders.models import Order
from core.orders.policy import (
    DEADLINE_RETURN,
    LIABLE_OF_FAILURE,
    PAYS_FOR_THE_TRIP,
    TIMINGS,
    Failure,
    Reason,
)
from core.orders.states import Trigger
from core.orders.timing import drop, promise
from core.proofs.policy import ProofKind


GOING_BACK = frozenset({LegState.FAILED, LegState.RETURNING})


def fail_leg(
    *,
    leg: DeliveryLeg,
    reason: Failure,
    photo: UUID | None = None,
    taken: Taken = JUST_NOW,
    work: Work,
) -> None:
    """Nobody at the door, refused or damaged: the order does not reach the customer.

    :raises ProofFileUnknown: the photo was not sent.
    :raises IllegalStep: the courier does not have the order in hand.
    """
    require_leg(LegTrigger.FAIL, leg=leg, work=work)
    if photo is not None:
        require_file(str(photo), kind=ProofKind.PHOTO, leg=leg)
    moment = taken.moment(leg, now=work.now)
    leg.fail(reason=reason, photo=photo, at=moment)
    save_both(leg)
    due_at = work.now + TIMINGS.give_back
    promise(DEADLINE_RETURN, order=leg.order, due_at=due_at, work=work)
    data = {"reason": reason, **taken.facts(moment, now=work.now)}
    state_leg_fact(DELIVERY_FAILED, leg=leg, work=work, data=data)


def start_return(*, leg: DeliveryLeg, taken: Taken = JUST_NOW, work: Work) -> None:
    """The courier carries the order back."""
    take_step(LegTrigger.RETURN, DELIVERY_RETURNING, leg=leg, taken=taken, work=work)


def finish_return(*, leg: DeliveryLeg, work: Work) -> None:
    """The shop has the goods back: the order ends undelivered, and the courier is free.

    :raises NotAllowed: a courier says so of their own return.
    :raises IllegalStep: the delivery has not failed.
    """
    require_leg(LegTrigger.RETURN_DONE, leg=leg, work=work)
    leg.apply(LegTrigger.RETURN_DONE, now=work.now)
    save_both(leg)
    state_leg_fact(DELIVERY_RETURNED, leg=leg, work=work)
    with unit_of_work(now=work.now, actor=SYSTEM) as own:
        _end_returned(leg.order, leg=leg, work=own)


def reattempt(*, leg: DeliveryLeg, work: Work) -> None:
    """Send the courier, who still has the order, to the door once more.

    :raises NotAllowed: to anybody but operators.
    :raises IllegalStep: the delivery has not failed, or the goods are back.
    """
    require_leg(LegTrigger.REATTEMPT, leg=leg, work=work)
    leg.reattempt(now=work.now)
    save_both(leg)
    drop(DEADLINE_RETURN, order=leg.order)
    state_leg_fact(DELIVERY_REATTEMPTED, leg=leg, work=work)


def miss_return(*, order: Order, work: Work) -> None:
    """The goods are not back in time: an operator decides, the courier stays bound."""
    leg = get_leg(order)
    if leg is None or leg.state not in GOING_BACK:
        return
    order.is_flagged = True
    order.touch()
    order.save()
    data = {"cause": "return_overdue"}
    state_fact(ORDER_OPERATOR_ALARMED, order=order, work=work, data=data)


def _end_returned(order: Order, *, leg: DeliveryLeg, work: Work) -> None:
    require(Trigger.STOP, order=order, work=work)
    party = LIABLE_OF_FAILURE[Failure(leg.failure_reason)]
    if party in PAYS_FOR_THE_TRIP:
        order.keep_fee()
    ending = Ending(ORDER_CANCELLED_AFTER_ACCEPTANCE, Reason.DELIVERY_FAILED, party)
    end_order(Trigger.STOP, ending, order=order, work=work)
