"""Quotes: a price and a promise, signed so that nobody has to store them until they are taken."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.core import signing
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Conflict, Invalid, NotFound
from core.gate.registry import Arguments
from core.merchants.distance import metres_between
from core.merchants.models import MenuItem, Merchant
from core.merchants.queries import is_available
from core.orders.moments import iso
from core.orders.policy import TIMINGS, Fulfilment
from core.orders.stock import SoldOut
from core.prepared import Prepared


SALT = "paidan.quote"


_merchant = Prepared(lambda pk: Merchant.objects.select_related("zone").filter(pk=pk), UUID)


@cache
def _items(count: int) -> Prepared[MenuItem]:
    """So many of a shop's items; a quote has at most fifty lines."""
    return Prepared(
        lambda merchant, *ids: MenuItem.objects.filter(merchant=merchant, pk__in=ids).order_by(),
        *[UUID] * (count + 1),
    )


class QuoteInvalid(Invalid):
    """We never signed this quote."""

    code = "quote_invalid"
    title = "The quote is not one of ours."


class QuoteExpired(Conflict):
    """Prices and promises hold for a few minutes."""

    code = "quote_expired"
    title = "The quote is too old; ask for a new one."
    retryable = True


class ZoneNotServed(Invalid):
    """The drop-off lies outside the shop's zone."""

    code = "zone_not_served"
    title = "The shop does not deliver there."


class RequestedLine(Arguments):
    """So many of an item."""

    item_id: UUID
    quantity: int = Field(ge=1, le=99)


class Dropoff(Arguments):
    """Where to deliver to."""

    address: str = Field(min_length=1, max_length=200)
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class QuoteArguments(Arguments):
    """What somebody thinks of ordering."""

    merchant_id: UUID
    fulfilment: Fulfilment
    lines: tuple[RequestedLine, ...] = Field(min_length=1, max_length=50)
    dropoff: Dropoff | None = None


class PricedLine(BaseModel):
    """So many of an item at the price of the day."""

    model_config = ConfigDict(frozen=True)

    item_id: UUID
    name: str
    unit_minor: int
    quantity: int


class Quote(BaseModel):
    """What it costs and how long it takes; good until `expires_at`."""

    model_config = ConfigDict(frozen=True)

    merchant_id: UUID
    fulfilment: Fulfilment
    lines: tuple[PricedLine, ...]
    dropoff: Dropoff | None
    currency: str
    delivery_fee_minor: int
    promised_minutes: int
    busy_minutes: int = 0
    """How much of it is because the shop is busy."""
    quoted_at: datetime

    @property
    def items_minor(self) -> int:
        """Price of all lines."""
        return sum(line.unit_minor * line.quantity for line in self.lines)

    @property
    def total_minor(self) -> int:
        """What the customer pays."""
        return self.items_minor + self.delivery_fee_minor

    @property
    def expires_at(self) -> datetime:
        """Until when the quote may be taken."""
        return self.quoted_at + TIMINGS.quote


def make_quote(arguments: QuoteArguments, *, now: datetime) -> Quote:
    """Price what is asked for.

    :raises NotFound: no such shop, or an item it does not sell.
    :raises SoldOut: an item is not to be had.
    :raises ZoneNotServed: the drop-off lies outside the shop's zone.
    """
    merchant = next(iter(_merchant(arguments.merchant_id)), None)
    if merchant is None:
        raise NotFound
    delivered = arguments.fulfilment == Fulfilment.DELIVERY
    _check_dropoff(merchant, arguments.dropoff, delivered=delivered)
    busy_minutes = merchant.busy_minutes_at(now)
    minutes = merchant.preparation_minutes + busy_minutes
    if delivered:
        minutes += int(TIMINGS.travel.total_seconds() // 60)
    return Quote(
        merchant_id=merchant.pk,
        fulfilment=arguments.fulfilment,
        lines=_price(merchant, arguments.lines),
        dropoff=arguments.dropoff,
        currency=merchant.currency,
        delivery_fee_minor=merchant.delivery_fee_minor if delivered else 0,
        promised_minutes=minutes,
        busy_minutes=busy_minutes,
        quoted_at=now,
    )


def seal(quote: Quote) -> str:
    """Sign the quote for its way to the customer and back."""
    return signing.dumps(quote.model_dump(mode="json"), salt=SALT, compress=True)


def open_quote(token: str, *, now: datetime) -> Quote:
    """Return the quote that we signed.

    :raises QuoteInvalid: it is not one of ours.
    :raises QuoteExpired: it is older than quotes may be.
    """
    try:
        quote = Quote.model_validate(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValidationError) as error:
        raise QuoteInvalid from error
    if now > quote.expires_at:
        raise QuoteExpired
    return quote


def quote_view(quote: Quote) -> dict[str, Any]:
    """Answer to whoever asked: the sealed quote and what stands in it."""
    return {
        "quote": seal(quote),
        "currency": quote.currency,
        "items_minor": quote.items_minor,
        "delivery_fee_minor": quote.delivery_fee_minor,
        "total_minor": quote.total_minor,
        "promised_minutes": quote.promised_minutes,
        "busy_minutes": quote.busy_minutes,
        "expires_at": iso(quote.expires_at),
    }


def _check_dropoff(merchant: Merchant, dropoff: Dropoff | None, *, delivered: bool) -> None:
    if delivered != (dropoff is not None):
        raise Invalid("a delivery has a drop-off, and nothing else has one")
    if dropoff is None:
        return
    zone = merchant.zone
    metres = metres_between(zone.latitude, zone.longitude, dropoff.latitude, dropoff.longitude)
    if metres > zone.radius_metres:
        raise ZoneNotServed


def _price(merchant: Merchant, lines: tuple[RequestedLine, ...]) -> tuple[PricedLine, ...]:
    quantities: dict[UUID, int] = {}
    for line in lines:
        quantities[line.item_id] = quantities.get(line.item_id, 0) + line.quantity
    items = {item.pk: item for item in _items(len(quantities))(merchant.pk, *quantities)}
    if len(items) < len(quantities):
        raise NotFound("the shop does not sell one of these")
    missing = [item for item in items.values() if not is_available(item)]
    if missing:
        raise SoldOut(items=[{"id": str(item.pk), "name": item.name} for item in missing])
    return tuple(
        PricedLine(
            item_id=item_id,
            name=items[item_id].name,
            unit_minor=items[item_id].price_minor,
            quantity=quantity,
        )
        for item_id, quantity in quantities.items()
    )
