"""A lost right ends sockets even when the message of it is lost."""

from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from core.bell import bell
from core.merchants.models import Merchant
from core.people.commands import remove_staff
from core.people.models import Membership, Person
from tests.realtime.conftest import Shop, make_person
from tests.realtime.raw import welcomed


def dismiss(shop: Shop, person: Person) -> None:
    merchant = Merchant.objects.get(pk=shop.merchant_id)
    remove_staff(merchant=merchant, person_id=UUID(str(person.pk)))


def hire(shop: Shop) -> Shop:
    person = make_person()
    Membership.objects.create(person=person, merchant_id=shop.merchant_id)
    return Shop(shop.node, person, shop.merchant_id)


class TestLostRevocation:
    async def test_is_found_within_seconds(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bell, "ring", lambda *_: None)
        async with welcomed(shop) as one, welcomed(shop) as two:
            await sync_to_async(dismiss)(shop, shop.person)
            assert await one.close_code() == await two.close_code() == 4503

    async def test_spares_who_came_back_since(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bell, "ring", lambda *_: None)
        other = await sync_to_async(hire)(shop)
        await sync_to_async(dismiss)(shop, shop.person)
        async with welcomed(shop) as back, welcomed(other) as wire:
            # Whoever closes the other has looked at both.
            await sync_to_async(dismiss)(shop, other.person)
            assert await wire.close_code() == 4503
            await back.send({"t": "sub", "id": 1, "topic": f"user:{shop.person.pk}"})
            await back.read("subd")
