"""Coming back with a position, at every boundary there is."""

from tests.conformance.ledger import Ledger, Position
from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.world import World


RING_EVENTS = 256
REPLAY_LIMIT = 1000


async def come_back(world: World, since: Position) -> Ledger:
    """Join the board with a position."""
    async with world.connected(world.staff) as wire:
        return await wire.subscribe(world.board, since)


async def recovers(world: World, behind: int) -> None:
    """Come back so many events behind; all of them must come, and nothing else."""
    epoch, seq = await world.history(behind)
    ledger = await come_back(world, (epoch, seq - behind))
    recovered, count = ledger.answer["recovered"], ledger.answer["count"]
    hold("recovered", "recovered:true", recovered, when=recovered is True)
    hold("count", f"{behind} events", count, when=count == behind)
    hold("gapless", f"seq {seq}", ledger.seq, when=ledger.seq == seq)


async def gets_a_snapshot(world: World, since: Position) -> None:
    """Come back with a position that cannot be whole; a snapshot must come."""
    ledger = await come_back(world, since)
    recovered = ledger.answer["recovered"]
    hold("recovered", f"recovered:false for {since}", recovered, when=recovered is False)
    hold("agree", "a row of the shop", set(ledger.rows), when=world.board in ledger.rows)


@check("resume.same_position")
async def same_position(world: World) -> None:
    """At the head nothing is missing: recovered, with count 0."""
    await recovers(world, 0)


@check("resume.one_behind")
async def one_behind(world: World) -> None:
    """One event behind, that one comes."""
    await recovers(world, 1)


@check("resume.inside_the_ring")
async def inside_the_ring(world: World) -> None:
    """A few events behind, they come."""
    await recovers(world, 10)


@check("resume.last_of_the_ring")
async def last_of_the_ring(world: World) -> None:
    """As far behind as a process remembers, all events come."""
    await recovers(world, RING_EVENTS)


@check("resume.beyond_the_ring")
async def beyond_the_ring(world: World) -> None:
    """One further than a process remembers, all events come."""
    await recovers(world, RING_EVENTS + 1)


@check("resume.last_that_is_replayed")
async def last_that_is_replayed(world: World) -> None:
    """1000 events behind, all events come."""
    await recovers(world, REPLAY_LIMIT)


@check("resume.too_far_behind")
async def too_far_behind(world: World) -> None:
    """1001 events behind, a snapshot comes."""
    epoch, seq = await world.history(REPLAY_LIMIT + 1)
    await gets_a_snapshot(world, (epoch, seq - REPLAY_LIMIT - 1))


@check("resume.older_than_everything")
async def older_than_everything(world: World) -> None:
    """From before the first event of a long history, a snapshot comes."""
    epoch, _seq = await world.history(REPLAY_LIMIT + 1)
    await gets_a_snapshot(world, (epoch, 0))


@check("resume.other_epoch")
async def other_epoch(world: World) -> None:
    """A position of another epoch is none: a snapshot comes."""
    _epoch, seq = await world.history(1)
    for name in ("other", "", "x" * 16):
        await gets_a_snapshot(world, (name, seq))


@check("resume.future")
async def future(world: World) -> None:
    """A position ahead of the head is none: a snapshot comes."""
    epoch, seq = await world.history(1)
    for ahead in (1, 1000, 2**53 - 1 - seq):
        await gets_a_snapshot(world, (epoch, seq + ahead))


@check("resume.topic_without_events")
async def topic_without_events(world: World) -> None:
    """In a topic without events position 0 is the head."""
    somebody = await world.join()
    async with world.connected(somebody) as wire:
        ledger = await wire.subscribe(f"user:{somebody.id}")
        await wire.send({"t": "unsub", "topic": ledger.topic})
        again = await wire.subscribe(ledger.topic, ledger.position)
        told = again.answer["recovered"], again.answer["count"]
        hold("recovered", "recovered, count 0", told, when=told == (True, 0))


@check("resume.topic_that_is_not_yours")
async def topic_that_is_not_yours(world: World) -> None:
    """A position opens no door."""
    epoch, seq = await world.history(1)
    async with world.connected(world.customer) as wire:
        answer = await wire.refused(world.board, (epoch, seq))
        hold("secrecy", "not_found", answer["code"], when=answer["code"] == "not_found")


@check("resume.after_a_cut")
async def after_a_cut(world: World) -> None:
    """Whoever loses the connection while events flow gets each once, in order."""
    since: Position | None = None
    seen: list[int] = []
    for _ in range(4):
        async with world.connected(world.staff) as wire:
            ledger = await wire.subscribe(world.board, since)
            await world.stir(5)
            await wire.heard(ledger, 3)
            # Cut without a word, whatever is on its way.
            wire.socket.transport.abort()
        seen += [event["seq"] for event in ledger.events]
        since = ledger.position
    await world.stir(1)
    ledger = await come_back(world, since or ("", 0))
    seen += [event["seq"] for event in ledger.events]
    wanted = [*range(seen[0], seen[0] + len(seen))]
    hold("gapless", f"every seq from {seen[0]} on", seen, when=seen == wanted)


@check("resume.live_afterwards")
async def live_afterwards(world: World) -> None:
    """After a recovery the topic is live."""
    epoch, seq = await world.history(5)
    async with world.connected(world.staff) as wire:
        ledger = await wire.subscribe(world.board, (epoch, seq - 5))
        await world.stir(3)
        await wire.reach(ledger, seq + 3)
        hold("count", "8 events", len(ledger.events), when=len(ledger.events) == 8)
