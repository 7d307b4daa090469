"""Snapshots: whole, cut into parts, and of one moment with the events that follow."""

import asyncio

from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.world import World


BIG = 90
"""Orders whose views together are more than one part."""
NOTE = "面" * 250


@check("snapshots.first")
async def first(world: World) -> None:
    """Without since a snapshot comes."""
    async with world.connected(world.staff) as wire:
        ledger = await wire.subscribe(world.board)
        recovered = ledger.answer["recovered"]
        hold("recovered", "recovered:false", recovered, when=recovered is False)
        hold("agree", "a row of the shop", set(ledger.rows), when=world.board in ledger.rows)


@check("snapshots.empty")
async def empty(world: World) -> None:
    """A topic in which nothing ever happened has an empty snapshot at seq 0."""
    somebody = await world.join()
    async with world.connected(somebody) as wire:
        ledger = await wire.subscribe(f"user:{somebody.id}")
        hold("agree", "no rows at seq 0", (ledger.seq, ledger.rows),
             when=(ledger.seq, ledger.rows) == (0, {}))  # fmt: skip


@check("snapshots.parts")
async def parts(world: World) -> None:
    """A big board comes in parts of at most 64 KiB that together hold every order."""
    orders = await world.place_orders(BIG, note=NOTE)
    async with world.connected(world.staff) as wire:
        ledger = await wire.subscribe(world.board)
        sizes = ledger.part_sizes
        hold("parts", "more than one part", sizes, when=len(sizes) > 1)
        missing = {f"order:{order['id']}" for order in orders} - set(ledger.rows)
        hold("agree", "every order", missing, when=not missing)


@check("snapshots.agree_with_events")
async def agree_with_events(world: World) -> None:
    """Snapshot and the events after it are, row for row, what a later snapshot shows."""
    async with world.connected(world.staff) as early, world.connected(world.staff) as late:
        orders = await world.place_orders(4)
        ledger = await early.subscribe(world.board)
        await asyncio.gather(
            world.act(orders[0], "accept", world.staff),
            world.act(orders[1], "reject", world.staff, {"reason": "too_busy"}),
            world.act(orders[2], "cancel", world.customer),
            world.place_orders(2),
            world.stir(5),
        )
        fresh = await late.subscribe(world.board)
        await early.reach(ledger, fresh.seq)
        for key, row in fresh.rows.items():
            hold("agree", f"{row}", ledger.rows.get(key), when=ledger.rows.get(key) == row)


@check("snapshots.agree_with_http")
async def agree_with_http(world: World) -> None:
    """The board over HTTP is the same, at the same position."""
    await world.place_order()
    shown = await world.get(f"/merchants/{world.merchant}/orders", world.staff)
    async with world.connected(world.staff) as wire:
        ledger = await wire.subscribe(world.board)
        position = (shown["epoch"], shown["seq"])
        hold("agree", f"position {position}", ledger.position, when=ledger.position == position)
        for row in shown["rows"]:
            mine = ledger.rows.get(row["key"])
            hold("agree", f"{row}", mine, when=mine == row)
