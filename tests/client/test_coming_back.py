"""When a client gives a connection up, and when it comes back."""

import asyncio

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Response

from realtime.client_terms import Ended, Patience
from tests.client.scripted import TOPIC, Talk, eventually, stage


HOURS = Patience(least=10_000.0, most=20_000.0)
"""Nobody waits so long: who comes back was told when."""


async def welcome_and_stay(talk: Talk) -> None:
    await talk.welcome()
    await talk.stay()


async def never_answer(talk: Talk) -> None:
    await talk.stay()


class TestSilence:
    async def test_is_a_lost_connection(self) -> None:
        async def fall_silent(talk: Talk) -> None:
            await talk.welcome(ping_s=1)
            await talk.stay()

        patience = Patience(least=0.01, most=0.02, silent_pings=0.1)
        async with stage(fall_silent, welcome_and_stay) as server, server.client(patience):
            await eventually(lambda: server.connection_count >= 2)

    async def test_is_not_counted_while_frames_come(self) -> None:
        has_pinged = asyncio.Event()

        async def ping(talk: Talk) -> None:
            await talk.welcome(ping_s=1)
            for _ in range(10):
                await talk.say("ping")
                await talk.hear("pong")
                await asyncio.sleep(0.4)
            has_pinged.set()
            await talk.stay()

        patience = Patience(least=0.01, most=0.02, silent_pings=3.0)
        async with stage(ping) as server, server.client(patience) as client:
            await asyncio.wait_for(has_pinged.wait(), 90)
            assert client.close_codes == []

    async def test_before_the_welcome_ends_the_attempt(self) -> None:
        patience = Patience(least=0.01, most=0.02, connect=1.0)
        async with stage(never_answer, welcome_and_stay) as server, server.client(patience):
            assert server.connection_count >= 2


class TestRetryHint:
    async def test_of_a_drain_frame_is_obeyed(self) -> None:
        async def drain(talk: Talk) -> None:
            await talk.welcome()
            await talk.say("drain", retry_ms=10)
            await talk.socket.close(4001)

        async with stage(drain, welcome_and_stay) as server, server.client(HOURS) as client:
            await eventually(lambda: server.connection_count == 2)
            assert client.close_codes == [4001]

    async def test_may_come_before_the_welcome(self) -> None:
        async def refuse(talk: Talk) -> None:
            await talk.say("drain", retry_ms=10)
            await talk.socket.close(4029)

        async with stage(refuse, welcome_and_stay) as server, server.client(HOURS) as client:
            assert client.close_codes == [4029]

    @pytest.mark.parametrize("reason", ["10", "retry_ms=10", '{"retry_ms":10}'])
    async def test_may_be_the_reason_of_an_overload(self, reason: str) -> None:
        async def refuse(talk: Talk) -> None:
            await talk.socket.close(4029, reason)

        async with stage(refuse, welcome_and_stay) as server, server.client(HOURS) as client:
            assert client.close_codes == [4029]

    async def test_may_be_an_http_header(self) -> None:
        refusals = iter([Response(503, "Overloaded", Headers({"Retry-After": "0"}))])
        async with (
            stage(welcome_and_stay, refuse=lambda _: next(refusals, None)) as server,
            server.client(HOURS) as client,
        ):
            assert client.close_codes == [None]


class TestFinalCode:
    async def test_ends_the_client(self) -> None:
        async def revoke(talk: Talk) -> None:
            await talk.welcome()
            await talk.socket.close(4503)

        async with stage(revoke) as server, server.client() as client:
            await eventually(lambda: client.close_codes == [4503])
            with pytest.raises(Ended, match="revoked"):
                await client.subscribe(TOPIC)


class TestFrames:
    async def test_of_another_kind_are_overlooked(self) -> None:
        async def babble(talk: Talk) -> None:
            await talk.welcome()
            await talk.say("tomorrow", more=1)
            await talk.serve_topic()
            await talk.stay()

        async with stage(babble) as server, server.client() as client:
            await client.subscribe(TOPIC)
            assert client.close_codes == []

    async def test_that_are_broken_make_it_come_back_and_resume(self) -> None:
        async def break_off(talk: Talk) -> None:
            await talk.welcome()
            await talk.serve_topic(seq=4)
            await talk.socket.send('{"t":"ev","topic":')
            await talk.stay()

        async def resume(talk: Talk) -> None:
            await talk.welcome()
            asked = await talk.replay(5)
            assert asked["since"] == {"epoch": "k3", "seq": 4}
            await talk.stay()

        async with stage(break_off, resume) as server, server.client() as client:
            board = await client.subscribe(TOPIC)
            await client.until(lambda: board.seq == 5)


class TestLease:
    async def test_is_renewed_even_when_the_first_ticket_fails(self) -> None:
        failures = iter([False, True])
        renewed = asyncio.Event()

        async def expect_refresh(talk: Talk) -> None:
            await talk.welcome(lease_s=1)
            await talk.hear("refresh")
            renewed.set()
            await talk.stay()

        async with stage(expect_refresh) as server:
            client = server.client()

            async def ticket() -> str:
                if next(failures, False):
                    raise OSError
                return "ticket"

            client._link._ticket = ticket
            async with client:
                await asyncio.wait_for(renewed.wait(), 90)
                assert client.close_codes == []
