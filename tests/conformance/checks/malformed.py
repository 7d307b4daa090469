"""What is no frame: told of, forgiven in between, and closed after three in a row."""

import json
from contextlib import suppress

from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.wire import Closed
from tests.conformance.world import World


BAD: tuple[str | bytes, ...] = (
    "",
    "no JSON",
    "[]",
    "null",
    "{}",
    b"binary",
    '{"t":"pong"',
    '{"t":"welcome"}',
    '{"t":"of a later day"}',
    '{"t":"pong","more":1}',
    '{"t":"sub","topic":"x"}',
    '{"t":"sub","id":-1,"topic":"x"}',
    '{"t":"sub","id":9007199254740992,"topic":"x"}',
    '{"t":"sub","id":1.5,"topic":"x"}',
    '{"t":"sub","id":"1","topic":"x"}',
    '{"t":"sub","id":1,"topic":7}',
    '{"t":"sub","id":1,"topic":"x","since":{"epoch":"e"}}',
    '{"t":"sub","id":1,"topic":"x","since":{"epoch":"e","seq":-1}}',
    '{"t":"sub","id":1,"topic":"' + "x" * 65 + '"}',
    '{"t":"cmd","id":1}',
    '{"t":"cmd","id":1,"name":"x","args":[]}',
    '{"t":"cmd","id":1,"name":"x","key":""}',
    '{"t":"ack","topic":"x","seq":-1}',
    '{"t":"seen","r":[]}',
    '{"t":"act","r":"r_1"}',
    '{"t":"pos","lat":91,"lng":0,"at":""}',
    '{"t":"auth","ticket":"x","caps":' + json.dumps(["x"] * 17) + "}",
    '{"t":"unsub","topic":' + "[" * 500 + "]" * 500 + "}",
)
FRAME_BYTES = 64 * 1024


@check("malformed.told_of")
async def told_of(world: World) -> None:
    """Each malformed frame is answered with bad_frame, and a good one in between forgives it."""
    async with world.connected(world.customer) as wire:
        for bad in BAD:
            wire.loose.clear()
            await wire.send(bad)
            await wire.until(lambda: wire.loose, f"err to {bad[:60]!r}")
            told = wire.loose[0].get("code"), wire.loose[0].get("retry")
            hold("answer", f"bad_frame to {bad[:60]!r}", told, when=told == ("bad_frame", False))
            await wire.send({"t": "pong"})
        await wire.settle()


@check("malformed.two_are_forgiven")
async def two_are_forgiven(world: World) -> None:
    """Two in a row, a good one, and two again leave the socket open."""
    async with world.connected(world.customer) as wire:
        for _ in range(3):
            await wire.send("{}")
            await wire.send("{}")
            await wire.send({"t": "pong"})
        await wire.subscribe(f"user:{world.customer.id}")
        hold("answer", "6 refusals", len(wire.loose), when=len(wire.loose) == 6)


@check("malformed.three_close")
async def three_close(world: World) -> None:
    """Three malformed frames in a row close 4505."""
    for bad in ("{}", b"binary", '{"t":"pong","more":1}'):
        async with world.connected(world.customer) as wire:
            for _ in range(3):
                await wire.send(bad)
            await wire.must_close(4505)


@check("malformed.repeats_no_secret")
async def repeats_no_secret(world: World) -> None:
    """A refusal never repeats what was sent."""
    async with world.connected(world.customer) as wire:
        await wire.send('{"t":"refresh","ticket":["hush-hush"]}')
        await wire.until(lambda: wire.loose, "err")
        hold("secrecy", "where, not what", wire.loose, when="hush" not in str(wire.loose))


@check("malformed.too_big")
async def too_big(world: World) -> None:
    """A frame of more than 64 KiB closes 4505, one of exactly 64 KiB does not."""
    async with world.connected(world.customer) as wire:
        await wire.send(sized(FRAME_BYTES))
        await wire.until(lambda: 1 in wire.answers, "an answer to a frame of 64 KiB")
        with suppress(Closed):
            await wire.send(sized(FRAME_BYTES + 1))
        await wire.must_close(4505)


@check("malformed.too_big_in_bytes")
async def too_big_in_bytes(world: World) -> None:
    """What counts is bytes of UTF-8, not characters."""
    async with world.connected(world.customer) as wire:
        frame = {"t": "cmd", "id": 1, "name": "x", "args": {"text": "饭" * 22_000}}
        await wire.send(json.dumps(frame, ensure_ascii=False))
        await wire.must_close(4505)


def sized(size: int) -> str:
    """Return a frame of exactly so many bytes."""
    head, tail = '{"t":"cmd","id":1,"name":"no.such_command","args":{"x":"', '"}}'
    return head + "x" * (size - len(head) - len(tail)) + tail
