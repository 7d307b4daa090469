"""Gapless order, also while many join, leave and come back as events are published."""

import asyncio
import random

from tests.conformance.ledger import Ledger
from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.wire import Wire, all_reach
from tests.conformance.world import World


SOCKETS = 16
JOINS = 4
"""How often each socket joins while events are published."""


@check("order.gapless")
async def gapless(world: World) -> None:
    """Events of concurrent commands come gapless, in order, and the same to everybody."""
    wires = await world.many(world.staff, 4)
    ledgers = [await wire.subscribe(world.board) for wire in wires]
    start = max(ledger.seq for ledger in ledgers)
    await asyncio.gather(world.place_orders(8), world.stir(40))
    epoch, head = await world.head(world.board, world.staff)
    await all_reach(wires, world.board, head)
    logs = [[event for event in ledger.events if event["seq"] > start] for ledger in ledgers]
    hold("gapless", f"{head - start} events", len(logs[0]), when=len(logs[0]) == head - start)
    hold("agree", "the same events on every socket", epoch,
         when=all(log == logs[0] for log in logs))  # fmt: skip


@check("order.critical_events_carry_receipts")
async def critical_events_carry_receipts(world: World) -> None:
    """An order that was placed is critical for the shop, and an item's stock is not."""
    async with world.connected(world.staff) as wire:
        board = await wire.subscribe(world.board)
        await world.stir(1)
        await world.place_order()
        await wire.heard(board, 2)
        by_type = {event["type"]: event.get("crit") for event in board.events}
        placed = by_type.get("order.placed")
        hold("critical", "crit on order.placed", by_type, when=bool(placed))
        others = [crit for name, crit in by_type.items() if name.startswith("item.")]
        hold("critical", "no crit on item.*", by_type, when=others == [None])


@check("order.joins_while_events_flow")
async def joins_while_events_flow(world: World) -> None:
    """Many who join, leave and come back while events flow lose nothing and get nothing twice."""
    wires = await world.many(world.staff, SOCKETS)
    is_over = asyncio.Event()
    publishing = asyncio.create_task(_publish(world, is_over))
    try:
        ledgers = await asyncio.gather(*(_join_often(wire, world.board) for wire in wires))
    finally:
        is_over.set()
        await publishing
    async with world.connected(world.staff) as late:
        fresh = await late.subscribe(world.board)
    await all_reach(wires, world.board, fresh.seq)
    for ledger in ledgers:
        for key, row in fresh.rows.items():
            hold("agree", f"{row}", ledger.rows.get(key), when=ledger.rows.get(key) == row)


async def _publish(world: World, is_over: asyncio.Event) -> None:
    while not is_over.is_set():
        await asyncio.gather(world.place_order(), world.stir(6))


async def _join_often(wire: Wire, topic: str) -> Ledger:
    """Join again and again, now with a position and now without; return the last ledger."""
    ledger = await wire.subscribe(topic)
    for _ in range(JOINS):
        await wire.reach(ledger, ledger.seq + random.randrange(6))
        if random.random() < 0.5:
            await wire.send({"t": "unsub", "topic": topic})
        is_back = random.random() < 0.5
        known = ledger.rows if is_back else {}
        again = await wire.begin(topic, ledger.position if is_back else None)
        again.rows.update(known)
        ledger = await wire.whole(again)
    return ledger
