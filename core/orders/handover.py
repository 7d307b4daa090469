"""From the shop's hands to the courier's or the customer's."""

from core.errors import Conflict
from core.events.work import Work
from core.legs.commands import get_leg
from core.legs.proving import Proof
from core.legs.states import WITH_COURIER
from core.legs.steps import deliver, pick_up
from core.orders.conflicts import conflict, require
from core.orders.ending import finish, leave_shop
from core.orders.guessing import WrongGuess, check_code
from core.orders.models import Order
from core.orders.policy import Fulfilment
from core.orders.states import Trigger


class WrongCode(WrongGuess):
    """The customer at the counter holds another order's code."""

    code = "wrong_code"
    title = "That is not this order's code."


class NoCourier(Conflict):
    """Nobody is there to take the order along."""

    code = "no_courier"
    title = "No courier has this order's delivery."


def hand_over(*, order: Order, code: str | None, work: Work) -> None:
    """Give the order to its courier, or to the customer who shows `code`, which completes it.

    :raises WrongCode: the customer shows another order's code.
    :raises TooManyAttempts: too many codes were wrong.
    :raises NoCourier: a delivery that nobody carries.
    :raises IllegalStep: it is not ready.
    """
    require(Trigger.HAND_OVER, order=order, work=work)
    if order.fulfilment == Fulfilment.PICKUP:
        if code is not None or work.actor.type != "operator":
            check_code(code, order=order, wrong=WrongCode, now=work.now)
        leave_shop(order=order, work=work)
        finish(order=order, work=work)
        return
    leg = get_leg(order)
    if leg is None or leg.state not in WITH_COURIER:
        raise conflict(NoCourier, order=order, role=work.actor.type)
    pick_up(leg=leg, number=None, work=work)


def complete_order(*, order: Order, work: Work) -> None:
    """Close an order that the customer has; of a delivery only an operator may say so.

    :raises IllegalStep: it has not left the shop.
    """
    require(Trigger.COMPLETE, order=order, work=work)
    leg = get_leg(order)
    if leg is None:
        finish(order=order, work=work)
    else:
        deliver(leg=leg, proof=Proof("operator", "confirmed by an operator"), work=work)
