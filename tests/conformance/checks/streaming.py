"""The same over HTTP: server-sent events and long polls, resumed by a cursor."""

import asyncio
from base64 import urlsafe_b64encode
from uuid import UUID, uuid4

from tests.conformance.ledger import Position
from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.streams import Stream, following, poll
from tests.conformance.wire import SECONDS
from tests.conformance.world import Refused, World


MANY = 400
"""More events than a process remembers, fewer than are replayed."""
TOO_MANY = 1001


@check("stream.follows")
async def follows(world: World) -> None:
    """An event stream begins with welcome and a snapshot, and goes on with events."""
    async with following(world, world.staff, world.board) as stream:
        await stream.until(lambda: stream.welcome, "welcome")
        hold("answer", "welcome first", list(stream.ledgers), when=not stream.ledgers)
        ledger = await stream.joined(world.board)
        await world.stir(3)
        await stream.heard(ledger, 3)


@check("stream.follows_several_topics")
async def follows_several_topics(world: World) -> None:
    """Several topics in one stream go on independently, each whole."""
    order = await world.place_order()
    tracking = f"order:{order['id']}"
    async with following(world, world.staff, world.board, tracking) as stream:
        ledgers = [await stream.joined(topic) for topic in (world.board, tracking)]
        await world.act(order, "accept", world.staff)
        for ledger in ledgers:
            await stream.heard(ledger, 1)


@check("stream.resumes")
async def resumes(world: World) -> None:
    """Who comes back with Last-Event-ID gets exactly what was missed, time and again."""
    before: Stream | None = None
    for count in (2, 5, 0):
        async with following(world, world.staff, world.board, before=before) as stream:
            ledger = await stream.joined(world.board)
            if before is not None:
                recovered = ledger.answer["recovered"]
                hold("recovered", "recovered:true", recovered, when=recovered is True)
            await world.stir(3)
            await stream.heard(ledger, 3)
        before = stream
        await world.stir(count)
    fresh = await poll(world, world.staff, world.board)
    again = await poll(world, world.staff, world.board, before=before)
    same = again.ledgers[world.board].rows == fresh.ledgers[world.board].rows
    hold("agree", "the rows of a fresh snapshot", again.ledgers[world.board].seq, when=same)


@check("stream.goes_on_where_a_socket_was")
async def goes_on_where_a_socket_was(world: World) -> None:
    """A cursor that the client has written itself goes on from there, as its own would."""
    async with world.connected(world.staff) as wire:
        ledger = await wire.subscribe(world.board)
        await world.stir(2)
        await wire.heard(ledger, 2)
    await world.stir(3)
    before = Stream((world.board,))
    before.ledgers[world.board] = ledger
    before.cursor = _cursor(world.board, ledger.position)
    async with following(world, world.staff, world.board, before=before) as stream:
        followed = await stream.joined(world.board)
        recovered = followed.answer["recovered"]
        hold("recovered", "recovered:true", recovered, when=recovered is True)
        await stream.heard(followed, 3)


def _cursor(topic: str, position: Position) -> str:
    """Write a cursor as docs/protocol.md says, by no code of the hub's."""
    kind, _, number = topic.partition(":")
    code = urlsafe_b64encode(UUID(number).bytes).decode().rstrip("=")
    epoch, seq = position
    return f"1~{kind[0]}{code}.{seq}.{epoch}"


@check("stream.resumes_inside_a_recovery")
async def resumes_inside_a_recovery(world: World) -> None:
    """Who loses the stream in the middle of a recovery goes on after the last frame."""
    start = await poll(world, world.staff, world.board)
    await world.stir(20)
    async with following(world, world.staff, world.board, before=start) as first:
        await first.until(lambda: world.board in first.ledgers, "subd")
        await first.until(lambda: len(first.ledgers[world.board].events) >= 7, "seven events")
    seen = len(first.ledgers[world.board].events)
    async with following(world, world.staff, world.board, before=first) as second:
        ledger = await second.joined(world.board)
        await second.heard(ledger, 20 - seen)
        rest = len(ledger.events)
        hold("gapless", "20 events in all", seen + rest, when=seen + rest == 20)


@check("stream.resumes_inside_a_snapshot")
async def resumes_inside_a_snapshot(world: World) -> None:
    """Who loses the stream before the last part gets the whole snapshot again."""
    async with following(world, world.staff, world.board) as first:
        await first.until(lambda: world.board in first.ledgers, "subd")
    async with following(world, world.staff, world.board, before=first) as second:
        ledger = await second.joined(world.board)
        hold("agree", "a row of the shop", len(ledger.rows), when=world.board in ledger.rows)


@check("stream.resumes_beyond_the_ring")
async def resumes_beyond_the_ring(world: World) -> None:
    """A cursor older than a process remembers is worth every event since."""
    start = await poll(world, world.staff, world.board)
    await world.stir(MANY)
    async with following(world, world.staff, world.board, before=start) as stream:
        ledger = await stream.joined(world.board)
        await stream.heard(ledger, MANY)
        hold("gapless", f"{MANY} events", len(ledger.events), when=len(ledger.events) == MANY)


@check("stream.too_far_behind", slow=True)
async def too_far_behind(world: World) -> None:
    """A cursor more than 1000 events old is answered with a snapshot."""
    start = await poll(world, world.staff, world.board)
    await world.stir(TOO_MANY)
    again = await poll(world, world.staff, world.board, before=start)
    recovered = again.ledgers[world.board].answer["recovered"]
    hold("recovered", "recovered:false", recovered, when=recovered is False)


@check("stream.refuses")
async def refuses(world: World) -> None:
    """Who may not, or asks for nonsense, is told with a problem document."""
    user = f"user:{world.customer.id}"
    for status, person, topics, query in (
        (401, None, (world.board,), {}),
        (401, None, (world.board,), {"ticket": "forged"}),
        (404, world.customer, (world.board,), {}),
        (404, world.customer, (user, f"order:{uuid4()}"), {}),
        (404, world.customer, ("no topic",), {}),
        (422, world.customer, (), {}),
        (422, world.customer, (user, user), {}),
        (422, world.customer, (user,), {"since": "forged"}),
        (422, world.customer, (user,), {"wait": "forever"}),
    ):
        try:
            await poll(world, person, *topics, query=query)
        except Refused as refused:
            told = refused.status, refused.body.get("status")
            hold("served", f"{status} for {topics} {query}", told, when=told == (status, status))
        else:
            hold("served", f"{status} for {topics} {query}", 200, when=False)


@check("stream.with_a_ticket")
async def with_a_ticket(world: World) -> None:
    """A ticket opens the stream as it opens a socket."""
    ticket = await world.ticket(world.staff)
    async with following(world, None, world.board, ticket=ticket) as stream:
        await stream.until(lambda: stream.welcome, "welcome")
        user = stream.welcome["user"]
        hold("answer", world.staff.id, user, when=user == world.staff.id)


@check("stream.with_a_cookie")
async def with_a_cookie(world: World) -> None:
    """A session cookie opens the stream for pages of the hub's own origin, and no others."""
    cookie = {"Cookie": await world.session(world.customer)}
    topic = f"user:{world.customer.id}"
    own = {**cookie, "Origin": world.place.url, "Sec-Fetch-Site": "same-origin"}
    stream = await poll(world, None, topic, headers=own)
    hold("answer", "a snapshot", list(stream.ledgers), when=topic in stream.ledgers)
    foreign = {**cookie, "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    try:
        await poll(world, None, topic, headers=foreign)
    except Refused as refused:
        hold("served", "401", refused.status, when=refused.status == 401)
    else:
        hold("secrecy", "401 for a foreign page", 200, when=False)


@check("poll.answers_at_once")
async def answers_at_once(world: World) -> None:
    """A first poll is answered at once, with the snapshot."""
    stream = await poll(world, world.staff, world.board, wait=20)
    ledger = stream.ledgers[world.board]
    hold("answer", "a whole snapshot", ledger.answer, when=ledger.is_whole)


@check("poll.waits_for_news")
async def waits_for_news(world: World) -> None:
    """A poll that has all waits, and is answered with what happens."""
    start = await poll(world, world.staff, world.board)
    waiting = asyncio.create_task(poll(world, world.staff, world.board, before=start, wait=20))
    await world.wait(0.3)
    hold("answer", "a poll that waits", "an answer", when=not waiting.done())
    await world.stir(1)
    news = await waiting
    count = len(news.ledgers[world.board].events)
    hold("arrival", "one event", count, when=count == 1)


@check("poll.ends_without_news")
async def ends_without_news(world: World) -> None:
    """A poll that nothing came for ends after its wait, and its cursor is as good."""
    start = await poll(world, world.staff, world.board)
    nothing = await poll(world, world.staff, world.board, before=start, wait=1)
    quiet = nothing.ledgers[world.board]
    hold("answer", "no events", quiet.events, when=not quiet.events)
    await world.stir(2)
    news = await poll(world, world.staff, world.board, before=nothing, wait=10)
    hold("gapless", "news", news.ledgers[world.board].seq,
         when=news.ledgers[world.board].seq > quiet.seq)  # fmt: skip


@check("poll.loses_nothing")
async def loses_nothing(world: World) -> None:
    """Poll after poll, while events flow, nothing is lost and nothing comes twice."""
    stream = await poll(world, world.staff, world.board)
    publishing = asyncio.gather(world.place_orders(5), world.stir(60))
    while not publishing.done():
        stream = await poll(world, world.staff, world.board, before=stream, wait=1)
    await publishing
    fresh = await poll(world, world.staff, world.board)
    async with asyncio.timeout(SECONDS):
        # The hub may have more to say of its own accord, even between the two.
        while (lag := fresh.ledgers[world.board].seq - stream.ledgers[world.board].seq) != 0:
            if lag > 0:
                stream = await poll(world, world.staff, world.board, before=stream, wait=1)
            else:
                fresh = await poll(world, world.staff, world.board)
    same = stream.ledgers[world.board].rows == fresh.ledgers[world.board].rows
    hold("agree", "the rows of a fresh snapshot", stream.ledgers[world.board].seq, when=same)
