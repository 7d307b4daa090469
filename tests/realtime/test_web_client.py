"""The TypeScript client, in Node, against the real server through the proxy of faults."""

from tests.realtime.conftest import Shop
from tests.realtime.desk import run_node_tests


class TestWebClient:
    async def test_misses_nothing_whatever_the_network_does(self, shop: Shop) -> None:
        await run_node_tests(shop, "faults", PAIDAN_SEEDS=12)

    async def test_does_what_a_page_asks_of_it(self, shop: Shop) -> None:
        await run_node_tests(shop, "story")

    async def test_keeps_to_the_servers_limits(self, strict_shop: Shop) -> None:
        await run_node_tests(strict_shop, "limits")
