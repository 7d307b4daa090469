"""A client with more topics than a server takes questions at once."""

import asyncio
from uuid import UUID

from asgiref.sync import sync_to_async

from core.merchants.models import Zone
from tests.realtime.conftest import Shop, make_person


ZONES = 150
"""More than twice as many as may wait for an answer on one connection."""


def make_zones() -> list[UUID]:
    zones = [Zone(name=f"Zone {at}", latitude=31.2, longitude=121.5) for at in range(ZONES)]
    Zone.objects.bulk_create(zones)
    return [zone.pk for zone in zones]


class TestManyTopics:
    async def test_are_all_followed_resumed_and_left_over_one_connection(self, shop: Shop) -> None:
        topics = [f"zone:{each}" for each in await sync_to_async(make_zones)()]
        operator = Shop(shop.node, await sync_to_async(make_person)(is_operator=True))
        async with operator.client() as client:
            views = await asyncio.gather(*map(client.subscribe, topics))
            assert client.close_codes == []
            await client.drop()
            await client.until(lambda: all(view.is_live for view in views), seconds=60)
            assert len(client.close_codes) == 1
            await asyncio.gather(*map(client.unsubscribe, topics))
            await client.command("probe.reads")  # answered after everything before it
            assert (len(client.close_codes), client.views) == (1, {})
