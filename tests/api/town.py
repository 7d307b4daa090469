"""A shop, its people and a client for each: where tests over HTTP begin."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.test import Client

from core.clock import now
from core.merchants.models import MenuItem, Merchant, Zone
from core.people.models import Membership, Person
from core.people.tokens import issue_token


if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

LATITUDE, LONGITUDE = 31.23, 121.47

_phones = iter(range(1, 10**8))


@dataclass(frozen=True)
class Caller:
    """One person's program."""

    person: Person
    token: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: Any) -> "Response":
        return self.client.get(f"/api/v1{path}", query, headers=self.headers())

    def post(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> "Response":
        return self.client.post(
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={**self.headers(), **(headers or {})},
        )

    def delete(self, path: str) -> "Response":
        return self.client.delete(f"/api/v1{path}", headers=self.headers())

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def person(**fields: Any) -> Person:
    """Create somebody."""
    return Person.objects.create_user(f"+86138{next(_phones):08}", name="Li", **fields)


def caller(**fields: Any) -> Caller:
    """Create somebody with a token."""
    somebody = person(**fields)
    return Caller(somebody, issue_token(person=somebody, label="test", now=now()))


def shop(**fields: Any) -> Merchant:
    """Create a shop in the middle of its zone."""
    zone = Zone.objects.create(name="Centre", latitude=LATITUDE, longitude=LONGITUDE)
    place = {"latitude": LATITUDE, "longitude": LONGITUDE}
    return Merchant.objects.create(**{"name": "Noodles", "zone": zone, **place, **fields})


def item(merchant: Merchant, **fields: Any) -> MenuItem:
    """Put something on the menu."""
    return MenuItem.objects.create(
        **{"merchant": merchant, "name": "Noodles", "price_minor": 2800, **fields}
    )


@dataclass(frozen=True)
class Town:
    """A shop that sells noodles, somebody who works there and somebody who is hungry."""

    merchant: Merchant
    noodles: MenuItem
    staff: Caller
    customer: Caller

    def place(self, *, payment_method: str = "cash", fulfilment: str = "pickup") -> dict[str, Any]:
        """Order one bowl and return the customer's view of the order."""
        dropoff = {"address": "Long street 1", "latitude": LATITUDE, "longitude": LONGITUDE}
        quote = self.customer.post(
            "/quotes",
            {
                "merchant_id": str(self.merchant.pk),
                "fulfilment": fulfilment,
                "lines": [{"item_id": str(self.noodles.pk), "quantity": 1}],
                "dropoff": dropoff if fulfilment == "delivery" else None,
            },
        ).json()
        answer = self.customer.post(
            "/orders",
            {
                "quote": quote["quote"],
                "payment_method": payment_method,
                "contact": {"name": "Li", "phone": "+8613800138000"},
            },
            {"Idempotency-Key": uuid4().hex},
        )
        assert answer.status_code == 200, answer.content
        view: dict[str, Any] = answer.json()["order"]
        return view


def build_town() -> Town:
    """Create a town."""
    merchant = shop()
    staff = caller()
    Membership.objects.create(person=staff.person, merchant=merchant)
    return Town(merchant=merchant, noodles=item(merchant), staff=staff, customer=caller())
