"""A reader who cannot keep up: coalesced or closed, whole again, and nobody else's trouble."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.conformance.ledger import Ledger
from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.wire import Closed, Wire
from tests.conformance.world import World


NOTE = "面" * 300
ORDERS = 320
"""New orders, all of them critical, that are more than a hub keeps for one reader."""
STEPS = (
    ("accept", None),
    ("delay", {"minutes": 5}),
    ("start", None),
    ("delay", {"minutes": 5}),
    ("ready", None),
)
RUNNING = 40
"""Orders that go through so many steps that only the newest view of each fits."""


@check("slow.is_closed_and_resumes")
async def is_closed_and_resumes(world: World) -> None:
    """Who reads nothing of much that is critical loses nothing: 4008, and a whole resume."""

    async def happen() -> None:
        await world.place_orders(ORDERS, note=NOTE)
        await world.stir(20)

    await endured(world, happen)


@check("slow.is_given_the_newest")
async def is_given_the_newest(world: World) -> None:
    """Who reads nothing of what soon is old gets the newest of it, and everything critical."""

    async def happen() -> None:
        orders = await world.place_orders(RUNNING, note=NOTE)
        for step, body in STEPS:
            await asyncio.gather(*(world.act(order, step, world.staff, body) for order in orders))

    await endured(world, happen)


@check("slow.joins_whole")
async def joins_whole(world: World) -> None:
    """Who reads nothing of its snapshot while events flow gets it, and all of them after it."""
    async with world.connected(world.staff, narrow=True) as slow:
        await world.place_orders(30, note=NOTE)
        ledger = await slow.begin(world.board)
        await world.stir(300)
        _epoch, head = await world.head(world.board, world.staff)
        await slow.whole(ledger)
        await slow.reach(ledger, head)
        async with world.connected(world.staff) as quick:
            fresh = await quick.subscribe(world.board)
        await slow.reach(ledger, fresh.seq)  # time may have passed: orders change by themselves
        for key, row in fresh.rows.items():
            hold("agree", f"{row}", ledger.rows.get(key), when=ledger.rows.get(key) == row)


async def endured(world: World, happen: Callable[[], Awaitable[None]]) -> None:
    """Let a slow reader and a quick one follow the board while things happen."""
    async with (
        world.connected(world.staff) as quick,
        world.connected(world.staff, narrow=True) as slow,
    ):
        whole = await quick.subscribe(world.board)
        # From the head on: the snapshot must not be what the reader chokes on.
        late = await slow.subscribe(world.board, whole.position, may_skip=True)
        await happen()
        _epoch, head = await world.head(world.board, world.staff)
        await quick.reach(whole, head)
        if await caught_up(slow, late, head):
            kept_critical(whole, late)
        else:
            await resumed(world, late, head)
        await quick.settle()


async def caught_up(slow: Wire, late: Ledger, head: int) -> bool:
    """Read all that there is; whether the hub kept the socket."""
    try:
        while late.seq < head:
            await slow.take()
    except Closed as closed:
        codes = {4008, 1006}
        hold("close", "4008 or a cut socket", closed.code, when=closed.code in codes)
        return False
    return True


def kept_critical(whole: Ledger, late: Ledger) -> None:
    """Every critical event that the quick reader got must have come; and the same end."""
    start = late.since[1] if late.since else 0
    wanted = [each["crit"] for each in whole.events if "crit" in each and each["seq"] > start]
    got = [event["crit"] for event in late.events if "crit" in event]
    hold("critical", f"{len(wanted)} critical events", len(got), when=got == wanted)
    differing = [key for key, row in late.rows.items() if whole.rows[key] != row]
    hold("agree", "the rows of the quick reader", differing, when=not differing)


async def resumed(world: World, late: Ledger, head: int) -> None:
    """Come back with the last position: everything after it must come."""
    async with world.connected(world.staff) as wire:
        again = await wire.subscribe(world.board, late.position)
        recovered = again.answer["recovered"]
        hold("recovered", "recovered:true", recovered, when=recovered is True)
        hold("gapless", f"seq {head}", again.seq, when=again.seq >= head)
