"""Connections that drop, delay, repeat, swap and break frames between clients and both nodes."""

import asyncio

import pytest

from realtime.client import Client
from realtime.client_terms import Patience
from tests.faults.conftest import Installation, watched
from tests.faults.history import head_of
from tests.proxy.faults import Faults
from tests.proxy.proxy import Proxy
from tests.realtime.conftest import Shop


IMPATIENT = Patience(least=0.02, most=0.2, answer=0.5, connect=2.0)
BAD = Faults(
    drop=0.03, duplicate=0.05, delay=0.1, reorder=0.05, truncate=0.01, cut=0.01, delay_seconds=0.02
)
WATCHERS = 4
EVENTS = 100


class TestBadConnections:
    @pytest.mark.parametrize("seed", [1, 2])
    async def test_hide_nothing_and_repeat_nothing(
        self, installation: Installation, shop: Shop, seed: int
    ) -> None:
        upstreams = [("127.0.0.1", node.port) for node in installation.nodes]
        async with Proxy(upstreams, seed=seed) as proxy:
            url = f"ws://127.0.0.1:{proxy.port}/ws/v1"
            clients = [
                Client(url, shop.ticket, patience=IMPATIENT, log_limit=None)
                for _ in range(WATCHERS)
            ]
            async with watched(shop, clients) as board:
                proxy.faults = BAD
                for number in range(EVENTS):
                    await board.say(str(number), shout=number % 10 == 0)
                proxy.faults = Faults()
                await board.say("the last")
                assert await board.verify() >= WATCHERS
                assert await head_of(shop.topic) == EVENTS + 1
            assert proxy.judge.counts["drop"] > 0
            assert proxy.judge.counts["cut"] + proxy.judge.counts["truncate"] > 0

    async def test_cut_at_random_carry_out_each_command_once(
        self, installation: Installation, shop: Shop
    ) -> None:
        upstreams = [("127.0.0.1", node.port) for node in installation.nodes]
        async with Proxy(upstreams, seed=3) as proxy:
            url = f"ws://127.0.0.1:{proxy.port}/ws/v1"
            clients = [
                Client(url, shop.ticket, patience=IMPATIENT, log_limit=None) for _ in range(2)
            ]
            async with watched(shop, clients) as board:
                cutting = asyncio.create_task(cut_often(proxy))
                for number in range(EVENTS):
                    await board.say(str(number))
                cutting.cancel()
                await board.verify()
                assert sum(len(client.close_codes) for client in clients) > 0
                assert await head_of(shop.topic) == EVENTS


async def cut_often(proxy: Proxy) -> None:
    """Cut all connections again and again; the pause is the fault's own rhythm."""
    while True:
        await asyncio.sleep(0.15)
        proxy.cut()
