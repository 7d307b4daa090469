"""Builders of the people, the shop and the orders that notices are about."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from core.deadlines.commands import set_deadline
from core.events.catalogue import DELIVERY_OFFERED, EventType
from core.events.facts import SYSTEM, Actor, Subject
from core.events.work import unit_of_work
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant, Zone
from core.orders.models import Order
from core.payments.models import Payment
from core.people.models import Membership, Person
from dispatch.models import Offer
from notifications.models import Delivery, Notice, PushSubscription
from notifications.subscriptions import Registration, subscribe


NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
_numbers = count(1)


def person(name: str = "Li", **fields: Any) -> Person:
    return Person.objects.create(phone=f"+8613{next(_numbers):09d}", name=name, **fields)


def shop(*, clerks: int = 1, owners: int = 1) -> Merchant:
    zone = Zone.objects.create(name="Old Town", latitude=31.2, longitude=121.5)
    merchant = Merchant.objects.create(
        name="Noodle House", zone=zone, latitude=31.2, longitude=121.5
    )
    for is_owner, staff_count in ((False, clerks), (True, owners)):
        for _ in range(staff_count):
            Membership.objects.create(person=person(), merchant=merchant, is_owner=is_owner)
    return merchant


def staff(merchant: Merchant, *, owner: bool = False) -> Person:
    found = Membership.objects.filter(merchant=merchant, is_owner=owner).first()
    assert found is not None
    return found.person


def order(merchant: Merchant, *, now: datetime = NOON, **fields: Any) -> Order:
    made = Order.objects.create(
        **{
            "number": next(_numbers),
            "merchant": merchant,
            "customer": person("Wang"),
            "fulfilment": "pickup",
            "state": "placed",
            "payment_method": "cash",
            "currency": "CNY",
            "items_minor": 4500,
            "total_minor": 4500,
            "contact_name": "Wang",
            "contact_phone": "+8613900000000",
            "handover_code": "1234",
            "created_at": now,
            "placed_at": now,
            **fields,
        }
    )
    Payment.objects.create(order=made, provider="cash", amount_minor=4500, currency="CNY")
    return made


def state(
    kind: EventType,
    subject: Subject,
    *,
    now: datetime = NOON,
    actor: Actor = SYSTEM,
    data: Mapping[str, Any] | None = None,
) -> None:
    """State a fact as the command that owns it does."""
    with unit_of_work(now=now, actor=actor) as work:
        work.record(kind, subject=subject, version=1, data=data)


def about(made: Order) -> Subject:
    return Subject(kind="order", id=made.pk)


def offer(made: Order, courier: Person, *, now: datetime = NOON) -> UUID:
    """Offer the order's delivery to `courier` for thirty seconds."""
    leg, _ = DeliveryLeg.objects.get_or_create(order=made, defaults={"created_at": now})
    expires_at = now + seconds(30)
    row = Offer.objects.create(
        leg=leg,
        courier=courier,
        mode="single",
        round=Offer.objects.filter(leg=leg).count() + 1,
        offered_at=now,
        reason={"code": "nearest", "sentence": "You are near."},
        expires_at=expires_at,
    )
    with unit_of_work(now=now, actor=SYSTEM) as work:
        set_deadline("offer.expire", subject=row.pk, due_at=expires_at, work=work)
        work.record(
            DELIVERY_OFFERED,
            subject=Subject(kind="offer", id=row.pk),
            version=1,
            data={"order_id": str(made.pk), "courier_id": str(courier.pk)},
        )
    return row.pk


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def receipt(notice: Notice) -> str:
    return f"r_{notice.event_id.hex}"


def notice_of(template: str) -> Notice:
    return Notice.objects.get(template=template)


def states(notice: Notice) -> list[tuple[str, int, str]]:
    """Channel, step and state of each delivery, in the order of the ladder."""
    rows = Delivery.objects.filter(notice=notice).order_by("step", "channel", "pk")
    return list(rows.values_list("channel", "step", "state"))


def register(owner: Person, subscription: Mapping[str, Any]) -> PushSubscription:
    """Let `owner` be pushed to on a sandbox device."""
    keys = subscription["keys"]
    fresh = Registration(
        endpoint=subscription["endpoint"], p256dh=keys["p256dh"], auth=keys["auth"]
    )
    return subscribe(person=owner, fresh=fresh, now=NOON)
