"""How a hub leaves after SIGTERM: newcomers turned away, everybody warned, nothing dropped."""

import asyncio

from websockets.exceptions import InvalidStatus, WebSocketException

from tests.conformance.registry import check
from tests.conformance.rules import LeftOut, hold
from tests.conformance.wire import Wire
from tests.conformance.world import World


SOCKETS = 20
DRAIN_SECONDS = 90.0
"""20 seconds of paced closes, and what a slow machine adds."""


@check("leaving.drain", ends=True)
async def drain(world: World) -> None:
    """After SIGTERM every socket gets drain, then its answers, then 4001; then the hub ends."""
    if world.place.terminate is None:
        raise LeftOut("the hub is not one that the suite started")
    order = await world.place_order()
    wires = await world.many(world.staff, SOCKETS)
    ledgers = [await wire.subscribe(world.board) for wire in wires]
    accept = {"t": "cmd", "name": "order.accept", "args": {"order_id": order["id"]}}
    for number, wire in enumerate(wires, start=100):
        await wire.send({**accept, "id": number, "key": f"drain-{order['id']}"})
    world.place.terminate()
    await asyncio.gather(*(wire.must_close(4001, seconds=DRAIN_SECONDS) for wire in wires))
    for number, (wire, ledger) in enumerate(zip(wires, ledgers, strict=True), start=100):
        _was_warned(wire)
        answer = wire.answers.get(number)
        hold("effect", "ok to what was asked before", answer,
             when=answer is not None and answer["t"] == "ok")  # fmt: skip
        heard = [event["type"] for event in ledger.events]
        hold("gapless", "at most one acceptance", heard, when=heard.count("order.accepted") <= 1)
    await _turned_away(world)


def _was_warned(wire: Wire) -> None:
    warnings = [frame for frame in wire.loose if frame["t"] == "drain"]
    hold("close", "one drain before 4001", wire.loose, when=len(warnings) == 1)
    later = warnings[0]["retry_ms"]
    hold("answer", "a time to come back", later, when=later >= 0)


async def _turned_away(world: World) -> None:
    """Whoever comes now is refused, and before long nobody answers at all."""
    async with asyncio.timeout(DRAIN_SECONDS):
        while True:
            try:
                async with world.raw() as wire:
                    await wire.must_close(4029, 4001, 1006)
                    hold("close", "nobody is let in", wire.welcome, when=not wire.welcome)
            except InvalidStatus as refused:
                status = refused.response.status_code
                hold("close", "503", status, when=status == 503)
            except (OSError, WebSocketException):
                return
            await world.wait(0.1)
