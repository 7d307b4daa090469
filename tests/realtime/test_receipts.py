"""What devices and people tell back over sockets: gathered, written once, and never lost."""

from tests.realtime.conftest import Shop
from tests.realtime.raw import welcomed


BURST = 80
"""More than the requests that may wait."""


class TestBurst:
    async def test_of_acks_closes_nothing_while_the_database_is_slow(self, shop: Shop) -> None:
        async with welcomed(shop) as wire:
            await wire.send({"t": "sub", "id": 1, "topic": shop.topic})
            await wire.read("snap")
            await shop.say(*map(str, range(BURST)), shout=True)
            for seq in range(1, BURST + 1):
                if seq == 1:
                    await wire.send(
                        {"t": "cmd", "id": 2, "name": "probe.pause", "args": {"seconds": 1}}
                    )
                await wire.send({"t": "ack", "topic": shop.topic, "seq": seq})
                await wire.send({"t": "seen", "r": [f"r_{seq}"]})
                await wire.send({"t": "act", "r": [f"r_{seq}"]})
            await wire.read("ok")
            await wire.send({"t": "cmd", "id": 3, "name": "probe.closes", "args": {}})
            assert (await wire.read("ok"))["id"] == 3
