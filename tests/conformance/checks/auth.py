"""Who is let in, with what, and how the others are told."""

from websockets.exceptions import InvalidStatus

from tests.conformance.registry import check
from tests.conformance.rules import LeftOut, broken, hold
from tests.conformance.world import World, refusal


AUTH_SECONDS = 5
TICKET_SECONDS = 60


@check("auth.ticket")
async def ticket(world: World) -> None:
    """A ticket is answered with welcome, which names its person."""
    async with world.connected(world.customer) as wire:
        user = wire.welcome["user"]
        hold("answer", world.customer.id, user, when=user == world.customer.id)
        times = wire.welcome["lease_s"], wire.welcome["ping_s"]
        hold("answer", "a lease longer than a ping", times, when=times[0] > times[1] > 0)


@check("auth.ticket_for_the_known_only")
async def ticket_for_the_known_only(world: World) -> None:
    """Nobody gets a ticket without a token."""
    refused = await refusal(world.post("/realtime/ticket", None))
    hold("served", "401", refused.status, when=refused.status == 401)


@check("auth.subprotocol")
async def subprotocol(world: World) -> None:
    """The subprotocol that was asked for is named in the handshake."""
    async with world.raw() as wire:
        named = wire.socket.subprotocol
        hold("answer", "paidan.v1", named, when=named == "paidan.v1")


@check("auth.other_path")
async def other_path(world: World) -> None:
    """Another path opens no socket."""
    try:
        async with world.raw(path="/ws/v0"):
            broken("close", "a refused handshake", "an open socket")
    except InvalidStatus as refused:
        status = refused.response.status_code
        hold("close", "403 or 404", status, when=status in {403, 404})


@check("auth.other_first_frame")
async def other_first_frame(world: World) -> None:
    """Another first frame than auth closes 4501."""
    async with world.raw() as wire:
        await wire.send({"t": "sub", "id": 1, "topic": world.board})
        await wire.must_close(4501)


@check("auth.bad_first_frame")
async def bad_first_frame(world: World) -> None:
    """A malformed first frame is told of, and the next may be auth."""
    ticket = await world.ticket(world.customer)
    async with world.raw() as wire:
        await wire.send("no frame")
        await wire.until(lambda: wire.loose, "err bad_frame")
        code = wire.loose[0].get("code")
        hold("answer", "bad_frame", code, when=code == "bad_frame")
        await wire.send({"t": "auth", "ticket": ticket})
        await wire.until(lambda: wire.welcome, "welcome")


@check("auth.forged_ticket")
async def forged_ticket(world: World) -> None:
    """A forged ticket closes 4500."""
    async with world.raw() as wire:
        await wire.send({"t": "auth", "ticket": "forged"})
        await wire.must_close(4500)


@check("auth.altered_ticket")
async def altered_ticket(world: World) -> None:
    """A ticket of which one character was changed closes 4500."""
    ticket = await world.ticket(world.customer)
    altered = ("A" if ticket[0] != "A" else "B") + ticket[1:]
    async with world.raw() as wire:
        await wire.send({"t": "auth", "ticket": altered})
        await wire.must_close(4500)


@check("auth.caps")
async def caps(world: World) -> None:
    """Capabilities are taken, unknown ones too."""
    ticket = await world.ticket(world.customer)
    async with world.raw() as wire:
        await wire.send({"t": "auth", "ticket": ticket, "caps": ["receipt", "of a later day"]})
        await wire.until(lambda: wire.welcome, "welcome")


@check("auth.cookie_of_our_page")
async def cookie_of_our_page(world: World) -> None:
    """A session cookie from a page of the hub's own origin needs no ticket."""
    headers = {"Cookie": await world.session(world.customer)}
    async with world.raw(origin=world.place.url, additional_headers=headers) as wire:
        await wire.until(lambda: wire.welcome, "welcome")
        user = wire.welcome["user"]
        hold("answer", world.customer.id, user, when=user == world.customer.id)


@check("auth.cookie_of_a_foreign_page")
async def cookie_of_a_foreign_page(world: World) -> None:
    """A session cookie from a foreign page, or from none, lets nobody in."""
    headers = {"Cookie": await world.session(world.customer)}
    for origin in ("http://evil.example", "http://127.0.0.1.evil.example", "null", None):
        async with world.raw(origin=origin, additional_headers=headers) as wire:
            await wire.send({"t": "sub", "id": 1, "topic": f"user:{world.customer.id}"})
            await wire.must_close(4501)
            hold("secrecy", "no welcome", wire.welcome, when=not wire.welcome)


@check("auth.silence", slow=True)
async def silence(world: World) -> None:
    """Silence closes 4501 after 5 seconds."""
    async with world.raw() as wire:
        await wire.must_close(4501, seconds=AUTH_SECONDS * 2)


@check("auth.expired_ticket", slow=True)
async def expired_ticket(world: World) -> None:
    """A ticket older than 60 seconds closes 4500."""
    answer = await world.post("/realtime/ticket", world.customer)
    seconds = answer["expires_in"]
    hold("served", f"at most {TICKET_SECONDS} s", seconds, when=0 < seconds <= TICKET_SECONDS)
    if seconds + 1 > world.place.patience_seconds:
        raise LeftOut(f"a ticket lives {seconds} s")
    await world.wait(seconds + 1)
    async with world.raw() as wire:
        await wire.send({"t": "auth", "ticket": answer["ticket"]})
        await wire.must_close(4500)
