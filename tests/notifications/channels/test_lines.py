"""Kept connections to push services, against a server that says exactly what a test wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from notifications.channels.lines import LineError, Lines, UnreachableError
from tests.notifications.running import opened_lines


REQUEST = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
CREATED = b"HTTP/1.1 201 Created\r\nLocation: /m\r\nContent-Length: 2\r\n\r\nok"
HANG, END = b"hang", b"end"
PATIENCE_SECONDS = 60.0


@dataclass
class Script:
    """What the server says to each request, and which connection each came on."""

    origin: str = ""
    connections: list[int] = field(default_factory=list)
    count: int = 0
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def scripted(answers: Sequence[tuple[bytes, ...]]) -> AsyncIterator[Script]:
    """Answer requests in their order; `HANG` waits for the client to leave, `END` closes."""
    script, left = Script(), iter(answers)
    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        script.count += 1
        number = script.count
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                script.connections.append(number)
                script.is_asked.set()
                for part in next(left):
                    if part == HANG:
                        await reader.read()
                    if part in {HANG, END}:
                        return
                    writer.write(part)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    script.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield script
    finally:
        server.close()
        await asyncio.gather(*filter(None, tasks))


async def ask(lines: Lines, script: Script) -> int:
    reply = await lines.ask(script.origin, REQUEST, timeout_seconds=PATIENCE_SECONDS)
    return reply.status


class TestLines:
    async def test_keep_a_connection_for_the_next_request(self) -> None:
        async with scripted([(CREATED,)] * 3) as script, opened_lines() as lines:
            assert [await ask(lines, script) for _ in range(3)] == [201] * 3
        assert script.connections == [1, 1, 1]

    async def test_return_headers_by_their_lower_case_names(self) -> None:
        async with scripted([(CREATED,)]) as script, opened_lines() as lines:
            reply = await lines.ask(script.origin, REQUEST, timeout_seconds=PATIENCE_SECONDS)
        assert reply.headers["location"] == "/m"

    async def test_read_an_answer_that_comes_in_pieces(self) -> None:
        pieces = tuple(CREATED[at : at + 1] for at in range(len(CREATED)))
        async with scripted([pieces]) as script, opened_lines() as lines:
            assert await ask(lines, script) == 201

    async def test_pass_over_what_only_informs(self) -> None:
        early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
        async with scripted([(early, CREATED), (CREATED,)]) as script, opened_lines() as lines:
            assert [await ask(lines, script) for _ in range(2)] == [201] * 2

    async def test_take_the_end_of_a_connection_for_the_end_of_an_answer(self) -> None:
        endless = (b"HTTP/1.1 410 Gone\r\n\r\nbye", END)
        async with scripted([endless, (CREATED,)]) as script, opened_lines() as lines:
            assert [await ask(lines, script) for _ in range(2)] == [410, 201]
        assert script.connections == [1, 2]

    async def test_do_not_keep_what_the_service_will_close(self) -> None:
        last = CREATED.replace(b"Location", b"Connection: close\r\nLocation")
        async with scripted([(last,), (CREATED,)]) as script, opened_lines() as lines:
            assert [await ask(lines, script) for _ in range(2)] == [201] * 2
        assert script.connections == [1, 2]

    @pytest.mark.parametrize(
        "answer", [(END,), (b"HTTP/1.1 201 Cre", END), (b"SMTP ready\r\n\r\n", HANG)]
    )
    async def test_say_when_nothing_was_answered(self, answer: tuple[bytes, ...]) -> None:
        async with scripted([answer, (CREATED,)]) as script, opened_lines() as lines:
            with pytest.raises(LineError):
                await ask(lines, script)
            assert await ask(lines, script) == 201

    async def test_never_take_a_late_answer_for_that_to_another_request(self) -> None:
        async with scripted([(HANG,), (CREATED,)]) as script, opened_lines() as lines:
            given_up = asyncio.create_task(ask(lines, script))
            await script.is_asked.wait()
            given_up.cancel()
            await asyncio.wait([given_up])
            assert await ask(lines, script) == 201
        assert script.connections == [1, 2]

    async def test_give_up_after_their_time(self) -> None:
        async with scripted([(HANG,)]) as script, opened_lines() as lines:
            with pytest.raises(TimeoutError):
                await lines.ask(script.origin, REQUEST, timeout_seconds=0.05)

    async def test_open_no_more_than_their_limit(self) -> None:
        async with scripted([(CREATED,)] * 20) as script:
            lines = Lines(tls=ssl.create_default_context(), limit=2)
            statuses = await asyncio.gather(*(ask(lines, script) for _ in range(20)))
            await lines.close()
        assert statuses == [201] * 20
        assert script.count <= 2

    async def test_say_when_there_is_no_connection(self) -> None:
        async with scripted([]) as script:
            pass
        async with opened_lines() as lines:
            with pytest.raises(UnreachableError):
                await ask(lines, script)
