"""How long a socket lasts: pings, leases, revocation and limits."""

import asyncio
import time
from contextlib import suppress

from tests.conformance.registry import check
from tests.conformance.rules import LeftOut, hold
from tests.conformance.wire import Closed, Wire
from tests.conformance.world import World


SLACK_SECONDS = 15.0
WAITING_REQUESTS = 64
TOO_MANY, CUT = 4013, 1006
FLOODS = 4
"""Times that a line which is cut without a word is tried again."""


def worth_waiting(world: World, seconds: float) -> float:
    """Return the seconds, unless that is too long here."""
    if seconds > world.place.patience_seconds:
        raise LeftOut(f"it takes {seconds:g} s here")
    return seconds


async def stay(wire: Wire, seconds: float) -> None:
    """Read, and answer pings, for so long; the socket must last."""
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        try:
            await asyncio.wait_for(wire.take(), left)
        except TimeoutError:
            return
        except Closed as closed:
            hold("close", f"an open socket for {seconds:g} s", closed.code, when=False)


@check("lasting.pong_unasked")
async def pong_unasked(world: World) -> None:
    """A pong that nobody asked for is no fault."""
    async with world.connected(world.customer) as wire:
        await wire.send({"t": "pong"})
        await wire.settle()
        hold("answer", "silence", wire.loose, when=not wire.loose)


@check("lasting.ping", slow=True)
async def ping(world: World) -> None:
    """A ping comes every `ping_s` seconds, and who answers stays."""
    async with world.connected(world.customer) as wire:
        seconds = worth_waiting(world, wire.welcome["ping_s"] * 2 + SLACK_SECONDS)
        await wire.pinged(2, seconds=seconds)
        await wire.settle()


@check("lasting.no_pong", slow=True)
async def no_pong(world: World) -> None:
    """Who sends nothing from one ping to the next is closed 4012."""
    async with world.connected(world.customer) as wire:
        wire.answers_pings = False
        seconds = worth_waiting(world, wire.welcome["ping_s"] * 2 + SLACK_SECONDS)
        await wire.must_close(4012, seconds=seconds)


@check("lasting.any_frame_is_a_sign_of_life", slow=True)
async def any_frame_is_a_sign_of_life(world: World) -> None:
    """Whatever a client sends between two pings keeps it."""
    async with world.connected(world.customer) as wire:
        wire.answers_pings = False
        worth_waiting(world, wire.welcome["ping_s"] * 3 + SLACK_SECONDS)
        for count in range(1, 4):
            await wire.pinged(count, seconds=wire.welcome["ping_s"] + SLACK_SECONDS)
            await wire.send({"t": "unsub", "topic": "x"})
        await wire.settle()


@check("lasting.refresh")
async def refresh(world: World) -> None:
    """A fresh ticket renews the lease in silence, and subscriptions go on."""
    async with world.connected(world.staff) as wire:
        board = await wire.subscribe(world.board)
        await wire.send({"t": "refresh", "ticket": await world.ticket(world.staff)})
        await wire.settle()
        hold("answer", "silence", wire.loose, when=not wire.loose)
        await world.stir(1)
        await wire.heard(board, 1)


@check("lasting.refresh_by_another")
async def refresh_by_another(world: World) -> None:
    """A ticket of another person closes 4500."""
    async with world.connected(world.staff) as wire:
        await wire.send({"t": "refresh", "ticket": await world.ticket(world.customer)})
        await wire.must_close(4500)


@check("lasting.refresh_with_a_forged_ticket")
async def refresh_with_a_forged_ticket(world: World) -> None:
    """A forged ticket closes 4500, also when the lease still runs."""
    async with world.connected(world.staff) as wire:
        await wire.send({"t": "refresh", "ticket": "forged"})
        await wire.must_close(4500)


@check("lasting.lease", slow=True)
async def lease(world: World) -> None:
    """Who does not refresh is closed 4002 at the end of the lease; who does stays."""
    async with world.connected(world.customer) as idle, world.connected(world.customer) as busy:
        seconds = worth_waiting(world, idle.welcome["lease_s"] + idle.welcome["ping_s"])
        waiting = asyncio.create_task(idle.must_close(4002, seconds=seconds + SLACK_SECONDS))
        while not waiting.done():
            await busy.send({"t": "refresh", "ticket": await world.ticket(world.customer)})
            await stay(busy, idle.welcome["lease_s"] / 4)
        await waiting
        await busy.settle()


@check("lasting.revoked")
async def revoked(world: World) -> None:
    """Who gives up all tokens is closed 4503 on every socket, and nobody else is."""
    somebody = await world.join()
    async with (
        world.connected(somebody) as one,
        world.connected(somebody) as two,
        world.connected(world.customer) as other,
    ):
        await world.revoke_tokens(somebody)
        await asyncio.gather(one.must_close(4503), two.must_close(4503))
        await other.settle()


@check("lasting.too_many_requests")
async def too_many_requests(world: World) -> None:
    """Far more requests than may wait for an answer close 4013."""
    codes = [await _flood(world)]
    # What comes in once the hub has gone makes TCP forget the code that was on its way here.
    while codes[-1] == CUT and len(codes) < FLOODS:
        codes.append(await _flood(world))
    hold("close", "4013", codes, when=codes[-1] == TOO_MANY)


async def _flood(world: World) -> int | None:
    async with world.connected(world.customer) as wire:
        frame = '{"t":"cmd","id":1,"name":"order.place","args":{}}'
        with suppress(Closed):
            for _ in range(WAITING_REQUESTS * 40):
                await wire.send(frame)
        wire.answers = _Forgetful()
        return await wire.code()


@check("lasting.connection_limit", slow=True)
async def connection_limit(world: World) -> None:
    """One socket more than a person may have is closed 4504, and the others stay."""
    limit = world.place.connection_limit
    if not limit:
        raise LeftOut("no --connection-limit was given")
    somebody = await world.join()
    wires = await world.many(somebody, limit)
    ticket = await world.ticket(somebody)
    async with world.raw() as late:
        await late.send({"t": "auth", "ticket": ticket})
        await late.must_close(4504)
    for wire in wires:
        await wire.settle()


class _Forgetful(dict[int, dict[str, object]]):
    """Answers of one id, over and over."""

    def __contains__(self, _key: object) -> bool:
        return False
