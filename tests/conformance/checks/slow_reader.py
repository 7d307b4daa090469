"""A reader who cannot keep up: coalesced or closed, whole again, and nobody else's trouble."""

from tests.conformance.ledger import Ledger
from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.wire import Closed, Wire
from tests.conformance.world import World


ROUNDS = 8
NOTE = "面" * 300


@check("slow.resumes_whole")
async def resumes_whole(world: World) -> None:
    """Who stops reading gets coalesced events or 4008, never a gap, and resumes whole."""
    async with (
        world.connected(world.staff) as quick,
        world.connected(world.staff, narrow=True) as slow,
    ):
        whole = await quick.subscribe(world.board)
        # From the head on: the snapshot must not be what the reader chokes on.
        late = await slow.subscribe(world.board, whole.position, may_skip=True)
        for _ in range(ROUNDS):
            await world.place_orders(12, note=NOTE)
            await world.stir(20)
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
