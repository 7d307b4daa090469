"""Receipts: what a device has, what a person saw, and what a person acknowledged."""

from tests.conformance.ledger import Frame, Ledger
from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.wire import Wire
from tests.conformance.world import World


async def alarm(world: World, wire: Wire) -> Frame:
    """Let an order be placed; the critical event that tells of it."""
    board = wire.ledgers.get(world.board) or await wire.subscribe(world.board)
    order = await world.place_order()
    found: list[Frame] = []

    def has_come() -> bool:
        found[:] = [each for each in board.events if each["key"] == f"order:{order['id']}"]
        return bool(found)

    await wire.until(has_come, "order.placed")
    hold("critical", "crit", found[0], when=bool(found[0].get("crit")))
    return found[0]


async def quiet(wire: Wire) -> None:
    """Wait for what was sent; nothing may have been refused."""
    await wire.settle()
    hold("answer", "silence", wire.loose, when=not wire.loose)


@check("receipts.ack")
async def ack(world: World) -> None:
    """An acknowledged position is taken in silence, twice and out of order too."""
    async with world.connected(world.staff) as wire:
        event = await alarm(world, wire)
        for seq in (event["seq"], event["seq"], event["seq"] - 1, 0):
            await wire.send({"t": "ack", "topic": world.board, "seq": seq})
        await wire.send({"t": "ack", "topic": "user:nobody", "seq": 1})
        await quiet(wire)


@check("receipts.seen")
async def seen(world: World) -> None:
    """What a person saw is noted, and their other devices learn of it."""
    async with world.connected(world.staff) as wire:
        inbox = await wire.subscribe(f"user:{world.staff.id}")
        event = await alarm(world, wire)
        await wire.send({"t": "seen", "r": [event["crit"]]})
        await wire.until(lambda: _has(inbox, "notification.seen"), "notification.seen")
        await quiet(wire)


@check("receipts.act")
async def act(world: World) -> None:
    """What a person acknowledged is noted once, and their other devices learn of it."""
    async with world.connected(world.staff) as wire, world.connected(world.staff) as other:
        inbox = await other.subscribe(f"user:{world.staff.id}")
        event = await alarm(world, wire)
        for _ in range(2):
            await wire.send({"t": "act", "r": [event["crit"]]})
        await quiet(wire)
        await other.until(lambda: _has(inbox, "notification.acted"), "notification.acted")
        await other.settle()
        count = sum(each["type"] == "notification.acted" for each in inbox.events)
        hold("effect", "one notification.acted", count, when=count == 1)


@check("receipts.unknown")
async def unknown(world: World) -> None:
    """Receipts nobody gave out are taken in silence: they may be of yesterday."""
    async with world.connected(world.staff) as wire:
        await wire.send({"t": "seen", "r": ["r_none"]})
        await wire.send({"t": "act", "r": ["r_none", "r_none"]})
        await quiet(wire)


@check("receipts.of_somebody_else")
async def of_somebody_else(world: World) -> None:
    """A receipt is worth nothing in another's hand."""
    stranger = await world.join()
    async with world.connected(world.staff) as wire, world.connected(stranger) as other:
        inbox = await wire.subscribe(f"user:{world.staff.id}")
        event = await alarm(world, wire)
        await other.send({"t": "act", "r": [event["crit"]]})
        await other.settle()
        await wire.settle()
        acted = _has(inbox, "notification.acted")
        hold("secrecy", "no effect", "notification.acted", when=not acted)


def _has(ledger: Ledger, name: str) -> bool:
    return any(event["type"] == name for event in ledger.events)
