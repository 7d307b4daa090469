"""From facts to notices: who is told what, and what a fact makes needless."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from core.deadlines.queries import get_deadlines, get_due
from core.events import catalogue as events
from core.events.catalogue import EventType
from core.events.facts import Fact
from core.events.work import Work, reacts_to
from core.merchants.models import Merchant, PauseCause
from core.orders.access import read_order
from core.orders.models import Order
from core.orders.policy import Fulfilment
from core.prepared import Prepared
from notifications import policies as kinds
from notifications.commands import Draft, close_notices, send_notice
from notifications.models import Notice
from notifications.people import recipient, recipients_for
from notifications.policies import KINDS, UPDATES, NoticeKind, Role
from notifications.templates import declared_of


EVERYTHING: Final = frozenset(KINDS)
OFFERS: Final = frozenset({kinds.PICKUP_OFFER.template})
NOBODY: Final = frozenset({kinds.NO_COURIER.template})
NO_TAKER: Final = NOBODY | {kinds.PICKUP_PROPOSED.template, kinds.OPERATOR_ALARM.template}
"""What is asked while nobody takes a leg."""
NEW: Final = frozenset({kinds.NEW_ORDER.template, kinds.ALERT_UNANSWERED.template})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a fact about an order closes (templates, of that order) and sends."""

    closes: frozenset[str] = frozenset()
    sends: tuple[NoticeKind, ...] = ()


RULES: Final[Mapping[EventType, Rule]] = MappingProxyType(
    {
        events.ORDER_PLACED: Rule(sends=(kinds.NEW_ORDER,)),
        events.ORDER_ACCEPTED: Rule(closes=NEW | UPDATES, sends=(kinds.ORDER_ACCEPTED,)),
        events.ORDER_REJECTED: Rule(closes=NEW, sends=(kinds.ORDER_CANCELLED,)),
        events.ORDER_ACCEPT_EXPIRED: Rule(closes=NEW, sends=(kinds.ORDER_CANCELLED,)),
        events.ORDER_DELAYED: Rule(closes=UPDATES, sends=(kinds.ORDER_DELAYED,)),
        events.ORDER_READY: Rule(closes=UPDATES, sends=(kinds.ORDER_READY,)),
        events.ORDER_HANDED_OVER: Rule(
            closes=UPDATES
            | {kinds.CANCELLATION_REQUESTED.template, kinds.ADJUSTMENT_PROPOSED.template},
            sends=(kinds.ORDER_HANDED_OVER,),
        ),
        events.ORDER_COMPLETED: Rule(closes=EVERYTHING, sends=(kinds.ORDER_COMPLETED,)),
        events.ORDER_CANCELLED: Rule(
            closes=EVERYTHING - {kinds.ORDER_STOPPED.template, kinds.ORDER_CANCELLED.template},
            sends=(kinds.ORDER_CANCELLED,),
        ),
        events.ORDER_CANCELLED_AFTER_ACCEPTANCE: Rule(
            closes=EVERYTHING - {kinds.ORDER_STOPPED.template, kinds.ORDER_CANCELLED.template},
            sends=(kinds.ORDER_STOPPED, kinds.ORDER_CANCELLED),
        ),
        events.ORDER_CANCELLATION_REQUESTED: Rule(sends=(kinds.CANCELLATION_REQUESTED,)),
        events.ORDER_CANCELLATION_REFUSED: Rule(
            closes=UPDATES | {kinds.CANCELLATION_REQUESTED.template},
            sends=(kinds.CANCELLATION_REFUSED,),
        ),
        events.ORDER_ADJUSTMENT_PROPOSED: Rule(closes=UPDATES, sends=(kinds.ADJUSTMENT_PROPOSED,)),
        events.ORDER_ADJUSTED: Rule(closes=frozenset({kinds.ADJUSTMENT_PROPOSED.template})),
        events.ORDER_OPERATOR_ALARMED: Rule(sends=(kinds.OPERATOR_ALARM,)),
        events.REFUND_SUCCEEDED: Rule(sends=(kinds.REFUNDED,)),
        events.ORDER_CONVERTED: Rule(
            closes=UPDATES | NO_TAKER, sends=(kinds.ORDER_CONVERTED, kinds.COLLECT_YOURSELF)
        ),
        events.DELIVERY_ESCALATED: Rule(sends=(kinds.NO_COURIER,)),
        events.ORDER_PICKUP_PROPOSED: Rule(
            closes=UPDATES | NOBODY, sends=(kinds.PICKUP_PROPOSED,)
        ),
        events.DELIVERY_WAITED: Rule(closes=NOBODY),
        events.DELIVERY_FAILED: Rule(closes=UPDATES, sends=(kinds.DELIVERY_FAILED,)),
        events.DELIVERY_REATTEMPTED: Rule(closes=UPDATES, sends=(kinds.ORDER_HANDED_OVER,)),
        events.DELIVERY_ASSIGNED: Rule(closes=OFFERS | NO_TAKER),
        events.DELIVERY_CANCELLED: Rule(closes=OFFERS | NO_TAKER),
    }
)
SIGNS: Final = MappingProxyType({"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£"})
ONCE: Final = frozenset({kinds.ORDER_CANCELLED.template, kinds.ORDER_STOPPED.template})
"""Told once an order, however many facts say it."""


def _open_notices() -> QuerySet[Notice]:
    return Notice.objects.select_for_update().filter(closed_at__isnull=True).order_by("pk")


@cache
def _closable(templates: frozenset[str]) -> Prepared[Notice]:
    """Lock the open notices of these templates about one order."""
    return Prepared(
        lambda order_id: _open_notices().filter(order_id=order_id, template__in=sorted(templates)),
        UUID,
    )


_ringing = Prepared(lambda subject: _open_notices().filter(subject=subject), str)


@reacts_to(*RULES)
def tell_about_order(fact: Fact, work: Work) -> None:
    """Close what the fact makes needless and send what it calls for."""
    rule = RULES[fact.type]
    order_id = _order_of(fact)
    if order_id is None:
        return
    if rule.closes:
        close_notices(_closable(rule.closes)(order_id), fact=fact, work=work)
    wanted = [kind for kind in rule.sends if kind.role != fact.actor.type]
    if not wanted:
        return
    order = read_order(order_id)
    for kind in wanted:
        if _applies(kind, order):
            _send(kind, fact, order, work)


@reacts_to(events.DELIVERY_OFFERED)
def tell_courier(fact: Fact, work: Work) -> None:
    """Ring the courier; `fact` is about an offer, its data names `courier_id` and `order_id`."""
    order_id = UUID(str(fact.data["order_id"]))
    order = read_order(order_id)
    # The offer's promise to expire is a deadline of its own; there is no other.
    promised = get_deadlines([fact.subject.id]).get(fact.subject.id, {})
    expires_at = min(promised.values(), default=work.now + kinds.PICKUP_OFFER.lifetime)
    courier_id = UUID(str(fact.data["courier_id"]))
    draft = Draft(
        kind=kinds.PICKUP_OFFER,
        event_id=fact.id,
        topic=f"courier:{courier_id}",
        subject=fact.subject.key,
        order_id=order_id,
        expires_at=expires_at,
        variables=_variables(kinds.PICKUP_OFFER, order),
    )
    send_notice(draft, recipients=recipients_for(Role.COURIER, courier_id), work=work)


@reacts_to(
    events.DELIVERY_OFFER_ACCEPTED,
    events.DELIVERY_OFFER_EXPIRED,
    events.DELIVERY_OFFER_DECLINED,
    events.DELIVERY_OFFER_WITHDRAWN,
)
def forget_offer(fact: Fact, work: Work) -> None:
    """Stop ringing the courier whose offer ended."""
    close_notices(_ringing(fact.subject.key), fact=fact, work=work)


@reacts_to(events.COURIER_OFFLINE)
def tell_courier_is_offline(fact: Fact, work: Work) -> None:
    """Tell a courier who did not go off line of their own accord."""
    if fact.actor.type == Role.COURIER:
        return
    kind = kinds.FELL_SILENT if fact.data["cause"] == "silent" else kinds.SET_OFFLINE
    _tell(kind, fact, topic=f"courier:{fact.subject.id}", variables={}, work=work)


@reacts_to(events.STORE_AUTO_PAUSED)
def tell_shop_is_paused(fact: Fact, work: Work) -> None:
    """Tell the staff why no more orders come."""
    shop = Merchant.objects.get(pk=fact.subject.id)
    is_unheard = shop.pause_cause == PauseCause.NO_BOARD
    kind = kinds.SHOP_UNHEARD if is_unheard else kinds.SHOP_PAUSED
    _tell(kind, fact, topic=f"merchant:{shop.pk}", variables={"shop": shop.name}, work=work)


@reacts_to(events.STORE_RESUMED, events.STORE_OPENED, events.STORE_CLOSED)
def forget_pause(fact: Fact, work: Work) -> None:
    """Trouble nobody any more about a pause that has ended."""
    close_notices(_ringing(fact.subject.key), fact=fact, work=work)


def _tell(
    kind: NoticeKind, fact: Fact, *, topic: str, variables: Mapping[str, Any], work: Work
) -> None:
    draft = Draft(
        kind=kind,
        event_id=fact.id,
        topic=topic,
        subject=fact.subject.key,
        order_id=None,
        expires_at=work.now + kind.lifetime,
        variables=variables,
    )
    send_notice(draft, recipients=recipients_for(kind.role, fact.subject.id), work=work)


def _send(kind: NoticeKind, fact: Fact, order: Order, work: Work) -> None:
    already = kind.template in ONCE and Notice.objects.filter(
        order_id=order.pk, template=kind.template
    )
    if already and already.exists():
        return
    draft = Draft(
        kind=kind,
        event_id=fact.id,
        topic=_topic(kind, order),
        subject=f"order:{order.pk}",
        order_id=order.pk,
        expires_at=_expiry(kind, order, work),
        variables=_variables(kind, order),
    )
    if kind.role is Role.CUSTOMER:
        recipients = recipient(order.customer)
    else:
        recipients = recipients_for(kind.role, order.merchant_id)
    send_notice(draft, recipients=recipients, work=work)


def _applies(kind: NoticeKind, order: Order) -> bool:
    """A waiting meal is news to who collects it; one on its way, to who waits for it."""
    if kind is kinds.ORDER_READY:
        return order.fulfilment == Fulfilment.PICKUP
    if kind is kinds.ORDER_HANDED_OVER:
        return order.fulfilment == Fulfilment.DELIVERY
    return True


def _topic(kind: NoticeKind, order: Order) -> str:
    return f"merchant:{order.merchant_id}" if kind.role is Role.STAFF else f"order:{order.pk}"


def _expiry(kind: NoticeKind, order: Order, work: Work) -> datetime:
    due_at = None
    if kind.deadline:
        due_at = get_due(kind.deadline, subject=order.pk)
    return due_at or work.now + kind.lifetime


def _variables(kind: NoticeKind, order: Order) -> dict[str, object]:
    known = {
        "number": order.number,
        "shop": order.merchant.name,
        "total": _price(order.total_minor, order.currency),
        "minutes": order.delay_minutes,
    }
    return declared_of(kind.template, known)


def _price(minor: int, currency: str) -> str:
    """Return an amount as people read it, and as WeChat's `amount` takes it where it can."""
    sign = SIGNS.get(currency)
    return f"{sign}{minor / 100:.2f}" if sign else f"{minor / 100:.2f} {currency}"


def _order_of(fact: Fact) -> UUID | None:
    """Return the order that the fact is about, or that its data names."""
    if fact.subject.kind == "order":
        return fact.subject.id
    named = fact.data.get("order_id")
    return UUID(str(named)) if named else None
