"""A lease in band: renewed by the right person only, and everything is asked again."""

import pytest
from asgiref.sync import sync_to_async

from core.shared_time import SharedTime
from realtime.tickets import TICKET_SECONDS
from tests.realtime.boards import boards_of
from tests.realtime.conftest import Shop
from tests.realtime.raw import welcomed
from tests.realtime.test_presence import follow


class TestRefresh:
    async def test_with_a_forged_ticket_closes(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await wire.send({"t": "refresh", "ticket": "forged"})
            assert await wire.close_code() == 4500

    async def test_with_an_old_ticket_closes(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with welcomed(shop) as wire:
            with monkeypatch.context() as earlier:
                right = SharedTime.now
                earlier.setattr(SharedTime, "now", lambda it: right(it) - TICKET_SECONDS - 1)
                ticket = await shop.ticket()
            await wire.send({"t": "refresh", "ticket": ticket})
            assert await wire.close_code() == 4500

    async def test_of_somebody_gone_closes(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            shop.person.is_active = False
            await sync_to_async(shop.person.save)()
            await wire.send({"t": "refresh", "ticket": await shop.ticket()})
            assert await wire.close_code() == 4500

    async def test_takes_the_board_from_who_has_left_the_shop(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await follow(wire, shop.topic)
            await boards_of(shop, 1)
            await sync_to_async(shop.person.memberships.all().delete)()
            await wire.send({"t": "refresh", "ticket": await shop.ticket()})
            assert (await wire.read("err"))["d"] == {"topic": shop.topic}
            await boards_of(shop, 0)

    async def test_by_auth_renews_as_well(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await wire.send({"t": "auth", "ticket": await shop.ticket()})
            await follow(wire, shop.topic)
