"""What happens to a leg by others than its courier; the caller holds the order's lock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.errors import Conflict, NotAllowed
from core.events.catalogue import (
    DELIVERY_ASSIGNED,
    DELIVERY_CANCELLED,
    DELIVERY_CREATED,
    DELIVERY_ESCALATED,
    DELIVERY_ETA_CHANGED,
    DELIVERY_NEAR_DROPOFF,
    DELIVERY_NEAR_PICKUP,
    DELIVERY_SEARCH_POSTPONED,
    DELIVERY_SEARCH_RAISED,
    DELIVERY_UNASSIGNED,
    DELIVERY_WAITED,
    ORDER_OPERATOR_ALARMED,
)
from core.events.work import Work
from core.legs.ladder import Rung
from core.legs.models import DeliveryLeg, Pay
from core.legs.states import ENDED, WHO_MAY, LegState, LegTrigger, allowed_triggers
from core.orders.conflicts import IllegalStep, get_last_decision, get_view
from core.orders.facts import state_fact, state_leg_fact
from core.orders.models import Order
from core.orders.moments import iso
from core.orders.policy import DEADLINE_PICKUP, Reason
from core.orders.timing import drop
from core.people.models import Person


NO_PAY: Final = Pay()


def require_leg(trigger: LegTrigger, *, leg: DeliveryLeg, work: Work) -> None:
    """Refuse unless the acting role may pull `trigger` on the leg now.

    :raises NotAllowed: the role never may.
    :raises IllegalStep: the leg stands elsewhere.
    """
    role = work.actor.type
    if role not in WHO_MAY[trigger]:
        raise NotAllowed(f"a {role} may not {trigger} a leg")
    state = LegState(leg.state)
    allowed = allowed_triggers(state, role)
    if trigger not in allowed:
        raise leg_conflict(leg, role, f"{trigger} is not possible while the leg is {state}")


def leg_conflict(leg: DeliveryLeg, role: str, detail: str) -> Conflict:
    """Refusal that tells where the leg and its order stand now and who decided it."""
    view = get_view(leg.order_id, role)
    allowed = [each.value for each in allowed_triggers(LegState(leg.state), role)]
    return IllegalStep(
        detail,
        state=leg.state,
        allowed=view["allowed"] if role == "courier" else allowed,
        order=view,
        decided_by=get_last_decision(f"leg:{leg.pk}"),
    )


def get_leg(order: Order) -> DeliveryLeg | None:
    """Return the order's leg, sharing the caller's locked order."""
    return getattr(order, "leg", None)


def create_leg(*, order: Order, work: Work) -> DeliveryLeg:
    """The order needs a courier from now on."""
    order.touch()
    order.save()
    leg = DeliveryLeg.objects.create(order=order, created_at=work.now, eta_at=order.promised_at)
    work.hold(leg)
    state_leg_fact(DELIVERY_CREATED, leg=leg, work=work)
    return leg


def mark_offered(*, leg: DeliveryLeg, work: Work) -> None:
    """At least one courier is being asked; the order's audiences do not see it."""
    require_leg(LegTrigger.OFFER, leg=leg, work=work)
    leg.apply(LegTrigger.OFFER, now=work.now)
    leg.save()


def mark_lapsed(*, leg: DeliveryLeg, work: Work) -> None:
    """Nobody is being asked any more."""
    require_leg(LegTrigger.LAPSE, leg=leg, work=work)
    leg.apply(LegTrigger.LAPSE, now=work.now)
    leg.save()


def assign_leg(
    *,
    order: Order,
    leg: DeliveryLeg,
    courier: Person,
    reason: Mapping[str, Any],
    pay: Pay = NO_PAY,
    work: Work,
) -> None:
    """The courier has the leg for `pay`; `reason` tells who else was considered.

    :raises IllegalStep: somebody has it, or it has ended.
    """
    leg.order = order
    require_leg(LegTrigger.ASSIGN, leg=leg, work=work)
    was_alarmed = leg.search_rung == Rung.ALARM
    leg.give_to(courier, pay=pay, reason=dict(reason), now=work.now)
    order.is_flagged = order.is_flagged and not was_alarmed
    if order.pickup_proposed_at is not None:
        order.pickup_proposed_at = None
        drop(DEADLINE_PICKUP, order=order)
    save_both(leg)
    data = {
        "courier_id": str(courier.pk),
        "fee_minor": leg.fee_minor,
        "bonus_minor": leg.bonus_minor,
    }
    state_leg_fact(DELIVERY_ASSIGNED, leg=leg, work=work, data=data)


def unassign_leg(*, order: Order, leg: DeliveryLeg, cause: str, work: Work) -> None:
    """The leg loses its courier before pick-up and waits for another.

    :raises IllegalStep: nobody has it, or the courier has the order in hand.
    """
    leg.order = order
    require_leg(LegTrigger.UNASSIGN, leg=leg, work=work)
    lost_by = str(leg.courier_id)
    leg.take_back(now=work.now)
    save_both(leg)
    data = {"lost_by": lost_by, "courier_id": lost_by, "cause": cause}
    state_leg_fact(DELIVERY_UNASSIGNED, leg=leg, work=work, data=data)


def come_near(*, order: Order, leg: DeliveryLeg, work: Work) -> None:
    """The courier is close to the shop, or with the order to the door; nobody has arrived yet.

    The courier is asked whether they have, and the shop or the customer learns of it.
    """
    leg.order = order
    kind = DELIVERY_NEAR_PICKUP if leg.state == LegState.ASSIGNED else DELIVERY_NEAR_DROPOFF
    leg.come_near(now=work.now)
    save_both(leg)
    state_leg_fact(kind, leg=leg, work=work)


def move_eta(*, order: Order, leg: DeliveryLeg, eta_at: datetime, work: Work) -> None:
    """The courier is expected at another time."""
    leg.order = order
    leg.eta_at = eta_at
    save_both(leg)
    state_leg_fact(DELIVERY_ETA_CHANGED, leg=leg, work=work)


def raise_search(
    *, order: Order, leg: DeliveryLeg, rung: Rung, terms: Mapping[str, Any], work: Work
) -> None:
    """The search has climbed a rung; `terms` are what is offered from now on.

    At its own rung the shop is asked what to do, and at the next an operator must look.
    """
    leg.order = order
    leg.raise_search(rung, now=work.now)
    if rung is Rung.ALARM:
        order.is_flagged = True
    save_both(leg)
    match rung:
        case Rung.ASK_SHOP:
            state_leg_fact(DELIVERY_ESCALATED, leg=leg, work=work)
        case Rung.ALARM:
            data = {"reason": Reason.NO_COURIER.value}
            state_fact(ORDER_OPERATOR_ALARMED, order=order, work=work, data=data)
        case _:
            data = {"rung": rung.value, **terms}
            state_leg_fact(DELIVERY_SEARCH_RAISED, leg=leg, work=work, data=data)


def wait_for_courier(*, order: Order, leg: DeliveryLeg, until: datetime, work: Work) -> None:
    """The shop, which was asked what to do, waits for a courier until then.

    :raises IllegalStep: it was not asked, or somebody has the leg.
    """
    leg.order = order
    require_leg(LegTrigger.WAIT, leg=leg, work=work)
    if leg.search_escalated_at is None:
        raise leg_conflict(leg, work.actor.type, "nobody has asked the shop what to do")
    leg.wait(until=until, now=work.now)
    save_both(leg)
    state_leg_fact(DELIVERY_WAITED, leg=leg, work=work, data={"until": iso(until)})


def ask_shop_again(*, order: Order, leg: DeliveryLeg, work: Work) -> None:
    """The time that the shop gave is over, and still nobody has the leg."""
    leg.order = order
    leg.ask_again(now=work.now)
    save_both(leg)
    state_leg_fact(DELIVERY_ESCALATED, leg=leg, work=work)


def postpone_search(*, order: Order, leg: DeliveryLeg, work: Work) -> None:
    """The next rung comes later than was told; its deadline says when."""
    leg.order = order
    save_both(leg)
    state_leg_fact(DELIVERY_SEARCH_POSTPONED, leg=leg, work=work)


def cancel_leg(*, order: Order, work: Work) -> None:
    """End the leg with its order, wherever it stands; nothing when it has ended or never was."""
    leg = get_leg(order)
    if leg is None or leg.state in ENDED:
        return
    leg.apply(LegTrigger.CANCEL, now=work.now)
    leg.save()
    data = {"courier_id": str(leg.courier_id)} if leg.courier_id else {}
    state_leg_fact(DELIVERY_CANCELLED, leg=leg, work=work, data=data)


def save_both(leg: DeliveryLeg) -> None:
    """Store the leg and count the change that the order's audiences see."""
    leg.save()
    leg.order.touch()
    leg.order.save()
