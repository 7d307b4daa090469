"""Pins: only one courier is asked for a leg, as an operator wants; how that begins and ends.

Parts of a transaction that holds the leg's order. A pin never outlives what it hopes for: the
courier who refuses, leaves or does not take it for too long loses it, an operator is alarmed, and
everybody is asked again.
"""

from typing import Final
from uuid import UUID

from core.events.catalogue import ORDER_OPERATOR_ALARMED, SEARCH_PINNED, SEARCH_UNPINNED, EventType
from core.events.facts import SYSTEM, Subject
from core.events.work import Work, unit_of_work
from core.orders.facts import state_fact
from core.orders.models import Order
from dispatch.locks import LockedLeg
from dispatch.policy import PinEnd


ALARM_REASON: Final = "pin_lost"


def hold_pin(locked: LockedLeg, *, courier_id: UUID, reason: str, work: Work) -> None:
    """Ask nobody but this courier from now on."""
    search = locked.search
    search.pin(courier_id, reason=reason, now=work.now)
    search.save()
    _state(SEARCH_PINNED, locked, courier_id=courier_id, reason=reason, work=work)


def drop_pin(locked: LockedLeg, end: PinEnd, *, work: Work, reason: str = "") -> bool:
    """Ask everybody again; false when nobody was pinned."""
    search = locked.search
    courier_id = search.pinned_to_id
    if courier_id is None:
        return False
    search.unpin()
    search.save()
    _state(SEARCH_UNPINNED, locked, courier_id=courier_id, reason=reason, end=end, work=work)
    return True


def lose_pin(locked: LockedLeg, end: PinEnd, *, work: Work) -> None:
    """End a pin against the operator's will, and let a person look at the order."""
    if drop_pin(locked, end, work=work):
        alarm_operators(locked.order, reason=ALARM_REASON, work=work, cause=end.value)


def alarm_operators(order: Order, *, reason: str, work: Work, cause: str = "") -> None:
    """Flag the order and state why: the system alarms, whoever caused it."""
    order.is_flagged = True
    order.touch()
    order.save()
    data = {"reason": reason, "cause": cause} if cause else {"reason": reason}
    with unit_of_work(now=work.now, actor=SYSTEM) as own:
        state_fact(ORDER_OPERATOR_ALARMED, order=order, work=own, data=data)


def _state(
    kind: EventType,
    locked: LockedLeg,
    *,
    courier_id: UUID,
    reason: str,
    work: Work,
    end: PinEnd | None = None,
) -> None:
    data = {
        "order_id": str(locked.order.pk),
        "courier_id": str(courier_id),
        "reason": reason,
        **({"cause": end.value} if end else {}),
    }
    subject = Subject(kind="search", id=locked.leg.pk)
    work.correlation_id = work.correlation_id or f"order:{locked.order.pk}"
    work.record(kind, subject=subject, version=locked.leg.version, data=data)
