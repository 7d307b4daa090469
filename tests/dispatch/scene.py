"""A shop, couriers around it and orders that need one: where dispatch tests begin."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core.deadlines.loop import fire_due
from core.events.facts import SYSTEM, Actor
from core.events.work import Work, unit_of_work
from core.gate.registry import COMMANDS, ByHandArguments, Call
from core.gate.run import parse, run_command
from core.legs.commands import create_leg
from core.legs.models import DeliveryLeg
from core.merchants.models import Merchant, Zone
from core.orders.access import lock_order
from core.orders.models import Order
from core.people.models import Membership, Person
from dispatch.models import CourierShift, Offer
from dispatch.policy import Vehicle
from dispatch.positions.reports import Position
from dispatch.shifts import go_online
from dispatch.states import OfferState


START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATITUDE, LONGITUDE = 31.23, 121.47
METRES_PER_DEGREE = 111_195

_people = iter(range(1, 1_000_000))


def person(**fields: Any) -> Person:
    """Create somebody."""
    number = next(_people)
    return Person.objects.create(phone=f"+8613{number:09}", name=f"Person {number}", **fields)


def shop() -> Merchant:
    """Create a shop in the middle of its zone."""
    zone = Zone.objects.create(name="Centre", latitude=LATITUDE, longitude=LONGITUDE)
    return Merchant.objects.create(
        name="Noodles", zone=zone, latitude=LATITUDE, longitude=LONGITUDE
    )


def staff(merchant: Merchant) -> Person:
    """Create somebody who works for the shop."""
    somebody = person()
    Membership.objects.create(person=somebody, merchant=merchant)
    return somebody


def position(metres: float) -> Position:
    """Return the place so many metres north of the shop."""
    return Position(latitude=LATITUDE + metres / METRES_PER_DEGREE, longitude=LONGITUDE)


def courier(metres: float, *, now: datetime = START, vehicle: Vehicle = Vehicle.SCOOTER) -> Person:
    """Create a courier on line so many metres north of the shop."""
    somebody = person(is_courier=True)
    online(somebody, metres, now=now, vehicle=vehicle)
    return somebody


def online(
    somebody: Person, metres: float, *, now: datetime, vehicle: Vehicle = Vehicle.SCOOTER
) -> None:
    """Bring the courier on line there."""
    actor = Actor("courier", str(somebody.pk))
    go_online(person=somebody, position=position(metres), vehicle=vehicle, now=now, actor=actor)


def leg(merchant: Merchant, *, now: datetime = START, state: str = "accepted") -> DeliveryLeg:
    """Create an accepted order and its leg, one kilometre to go."""
    there = position(-1000)
    order = Order.objects.create(
        number=Order.objects.filter(merchant=merchant).count() + 1,
        merchant=merchant,
        customer=person(),
        fulfilment="delivery",
        state=state,
        payment_method="cash",
        currency="CNY",
        items_minor=3000,
        delivery_fee_minor=500,
        total_minor=3500,
        contact_name="Li",
        contact_phone="+8613800138000",
        dropoff_address="Long street 1",
        dropoff_latitude=there.latitude,
        dropoff_longitude=there.longitude,
        handover_code="1234",
        created_at=now,
        placed_at=now,
        accepted_at=now,
    )
    with unit_of_work(now=now, actor=SYSTEM) as work:
        return create_leg(order=order, work=work)


def run(now: datetime) -> int:
    """Fire everything due at `now`, and what that makes due."""
    fired = 0
    while count := fire_due(now=now):
        fired += count
    return fired


def until(
    start: datetime,
    end: datetime,
    *,
    every: timedelta = timedelta(seconds=5),
    in_sight: bool = False,
) -> None:
    """Let the time from `start` to `end` pass; in which couriers say where they are, or not."""
    now = start
    while now <= end:
        if in_sight:
            keep_in_sight(now)
        run(now)
        now += every


def keep_in_sight(now: datetime) -> None:
    """Let every courier on line have just reported the same place."""
    CourierShift.objects.filter(position_at__isnull=False).update(position_at=now)


def open_offers(of: DeliveryLeg | None = None) -> list[Offer]:
    """Return the open offers, of one leg or of all."""
    offers = Offer.objects.filter(state=OfferState.OPEN).order_by("offered_at", "pk")
    return list(offers.filter(leg=of) if of is not None else offers)


def act(name: str, who: Person, *, now: datetime, **raw: Any) -> dict[str, Any]:
    """Give a command through the gate, as sockets do."""
    spec = COMMANDS[name]
    if who.is_operator and issubclass(spec.arguments, ByHandArguments):
        raw.setdefault("reason", "because")
    subject_id, arguments = parse(spec, raw)
    return run_command(spec, Call(person=who, now=now, subject_id=subject_id), arguments)


def with_order(order_id: UUID, change: Callable[[Order, Work], None], *, now: datetime) -> None:
    """Change a locked order as the system."""
    with unit_of_work(now=now, actor=SYSTEM) as work:
        change(lock_order(order_id), work)
