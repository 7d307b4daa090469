"""People, shops and orders for any test, made and moved through the product's own commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from core.deadlines.loop import fire_due
from core.deadlines.models import Deadline
from core.deadlines.queries import get_next_due
from core.deadlines.registry import known_kinds
from core.errors import NotFound
from core.events.facts import Actor
from core.events.work import unit_of_work
from core.gate.registry import COMMANDS, ByHandArguments, Call
from core.gate.run import parse, run_command
from core.legs.commands import assign_leg, get_leg
from core.legs.models import DeliveryLeg
from core.merchants.models import MenuItem, Merchant, Zone
from core.orders.access import lock_order
from core.orders.models import Order
from core.orders.policy import Fulfilment
from core.orders.quotes import Dropoff, QuoteArguments, RequestedLine, make_quote, seal
from core.payments.callbacks import Callback, receive_callback
from core.payments.models import Payment
from core.people.models import Membership, Person
from core.people.tokens import issue_token


START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Monday noon in Shanghai."""
LATITUDE, LONGITUDE = 31.23, 121.47

_numbers = count(1)


def make_person(name: str = "Lin", **fields: Any) -> Person:
    """Create somebody with a phone of their own."""
    return Person.objects.create(phone=f"+86139{next(_numbers):08}", name=name, **fields)


def make_courier(name: str = "Chen") -> Person:
    """Create a courier, not on line."""
    return make_person(name, is_courier=True)


def make_operator(name: str = "Wu") -> Person:
    """Create an operator."""
    return make_person(name, is_operator=True)


def make_token(person: Person, *, now: datetime = START) -> str:
    """Return a bearer token of the person."""
    return issue_token(person=person, label="test", now=now)


def make_merchant(
    *, prices: Sequence[int] = (2000, 800), stock: int | None = None, **fields: Any
) -> Merchant:
    """Create a shop in the middle of its zone with an item for each price."""
    zone = Zone.objects.create(name="Centre", latitude=LATITUDE, longitude=LONGITUDE)
    merchant = Merchant.objects.create(
        **{"name": "Noodles", "zone": zone, "latitude": LATITUDE, "longitude": LONGITUDE} | fields
    )
    for position, price in enumerate(prices):
        MenuItem.objects.create(
            merchant=merchant,
            name=f"Dish {position + 1}",
            price_minor=price,
            stock=stock,
            position=position,
        )
    return merchant


def make_staff(merchant: Merchant, name: str = "Zhao") -> Person:
    """Create somebody who works for the shop."""
    person = make_person(name)
    Membership.objects.create(person=person, merchant=merchant, is_owner=True)
    return person


def make_sealed_quote(
    merchant: Merchant,
    *,
    fulfilment: str = "delivery",
    quantities: Sequence[int] = (1, 1),
    now: datetime = START,
) -> str:
    """Return a quote for so many of each of the shop's items, a kilometre away."""
    items = MenuItem.objects.filter(merchant=merchant)
    lines = [
        RequestedLine(item_id=item.pk, quantity=quantity)
        for item, quantity in zip(items, quantities, strict=False)
        if quantity
    ]
    delivered = fulfilment == "delivery"
    there = Dropoff(address="Lane 1", latitude=LATITUDE + 0.009, longitude=LONGITUDE)
    arguments = QuoteArguments(
        merchant_id=merchant.pk,
        fulfilment=Fulfilment(fulfilment),
        lines=tuple(lines),
        dropoff=there if delivered else None,
    )
    return seal(make_quote(arguments, now=now))


def act(
    name: str,
    *,
    by: Person,
    on: UUID | None = None,
    now: datetime = START,
    version: int | None = None,
    key: str | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Give the command through the gate, as the socket does, and return its answer."""
    spec = COMMANDS[name]
    raw = dict(arguments)
    if by.is_operator and issubclass(spec.arguments, ByHandArguments):
        raw.setdefault("reason", "because")
    if spec.subject is not None:
        raw[spec.subject] = str(on)
    subject_id, parsed = parse(spec, raw)
    call = Call(person=by, now=now, subject_id=subject_id, expected_version=version)
    return run_command(spec, call, parsed, key=key)


def place(
    merchant: Merchant,
    customer: Person,
    *,
    payment: str = "cash",
    now: datetime = START,
    extra: Mapping[str, Any] | None = None,
    **quote: Any,
) -> Order:
    """Place an order through the gate and return its row."""
    answer = act(
        "order.place",
        by=customer,
        now=now,
        quote=make_sealed_quote(merchant, now=now, **quote),
        payment_method=payment,
        contact={"name": "Lin", "phone": "+8613900000000"},
        **(extra or {}),
    )
    return Order.objects.get(pk=answer["order"]["id"])


def pay(order: Order, *, now: datetime = START) -> str:
    """Let the provider say that the order's money is there; return what became of it."""
    payment = Payment.objects.get(order=order)
    callback = Callback(
        event_id=f"evt-{next(_numbers)}",
        type="payment.succeeded",
        charge_id=f"ch-{payment.pk.hex[:12]}",
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        occurred_at=now,
    )
    return receive_callback(provider="sandbox", callback=callback, now=now)


def assign(order: Order, courier: Person, *, now: datetime = START) -> DeliveryLeg:
    """Give the order's leg to the courier."""
    actor = Actor("courier", str(courier.pk))
    with unit_of_work(now=now, actor=actor, correlation_id=f"order:{order.pk}") as work:
        locked = lock_order(order.pk)
        leg = get_leg(locked)
        if leg is None:
            raise NotFound
        assign_leg(order=locked, leg=leg, courier=courier, reason={"mode": "test"}, work=work)
    return leg


def pass_time(now: datetime, duration: timedelta) -> datetime:
    """Fire every deadline on the way, each at its own moment; return the moment afterwards."""
    end = now + duration
    due_at = get_next_due(known_kinds(), until=end)
    while due_at is not None:
        if not fire_due(now=max(due_at, now)):
            break
        assert not Deadline.objects.filter(failures__gt=0).exists(), "a deadline's handler raised"
        due_at = get_next_due(known_kinds(), until=end)
    return end


@dataclass(slots=True)
class Scene:
    """One shop, everybody around it, and a clock that only the test moves."""

    merchant: Merchant
    staff: Person
    customer: Person
    courier: Person
    operator: Person
    now: datetime = START
    order: Order = field(init=False)

    def place(self, **options: Any) -> Order:
        """Place the scene's order."""
        self.order = place(self.merchant, self.customer, now=self.now, **options)
        return self.order

    def act(self, name: str, by: str | Person, **arguments: Any) -> dict[str, Any]:
        """Let a person of the scene give `order.<name>` or another command about the order."""
        full = name if "." in name else f"order.{name}"
        on: UUID | None = self.order.pk
        if full.startswith("leg."):
            legs = DeliveryLeg.objects.filter(order_id=self.order.pk)
            on = legs.values_list("pk", flat=True).first()
        person = getattr(self, by) if isinstance(by, str) else by
        return act(full, by=person, on=on, now=self.now, **arguments)

    @property
    def leg(self) -> DeliveryLeg:
        """The order's leg as it is now."""
        return DeliveryLeg.objects.get(order_id=self.order.pk)

    def assign(self) -> DeliveryLeg:
        """Give the leg to the scene's courier."""
        return assign(self.order, self.courier, now=self.now)

    def reload(self) -> Order:
        """Return the order as it is now."""
        self.order = Order.objects.get(pk=self.order.pk)
        return self.order

    def wait(self, **duration: float) -> None:
        """Let time pass; deadlines fire on the way."""
        self.now = pass_time(self.now, timedelta(**duration))

    def bring_to(self, state: str, **options: Any) -> Order:
        """Place an order and move it along the usual way until it is in `state`."""
        self.place(**options)
        for step in ("placed", "accepted", "preparing", "ready", "handed_over", "completed"):
            if self.reload().state == state:
                break
            self._reach(step)
        assert self.reload().state == state
        return self.order

    def _reach(self, state: str) -> None:
        match state:
            case "placed":
                if self.order.state == "pending_payment":
                    pay(self.order, now=self.now)
            case "accepted":
                self.act("accept", "staff")
            case "preparing":
                self.act("start", "staff")
            case "ready":
                self.act("ready", "staff")
            case _ if self.order.fulfilment == "pickup":
                self.act("hand_over", "staff", code=self.order.handover_code)
            case _:
                self._carry(state)

    def _carry(self, state: str) -> None:
        if state == "handed_over":
            self.assign()
            self.act("leg.pick_up", "courier", number=self.order.number)
        else:
            proof = {"kind": "pin", "value": self.order.handover_code}
            self.act("leg.deliver", "courier", proof=proof)


def make_scene(**merchant: Any) -> Scene:
    """Create a shop and everybody around it."""
    shop = make_merchant(**merchant)
    return Scene(
        merchant=shop,
        staff=make_staff(shop),
        customer=make_person(),
        courier=make_courier(),
        operator=make_operator(),
    )
