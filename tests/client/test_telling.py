"""What a client tells the server, however often the connection breaks."""

import asyncio
from typing import Any

from realtime.client_terms import Patience
from realtime.protocol import Health
from tests.client.scripted import TOPIC, Talk, eventually, stage


class TestReceipts:
    async def test_wait_for_a_connection(self) -> None:
        heard: list[Any] = []
        away = asyncio.Event()

        async def leave(talk: Talk) -> None:
            await talk.welcome()
            await talk.socket.close(4001)

        async def listen(talk: Talk) -> None:
            await away.wait()
            await talk.welcome()
            heard.append((await talk.hear("seen"))["r"])
            heard.append((await talk.hear("act"))["r"])
            await talk.stay()

        async with stage(leave, listen) as server, server.client() as client:
            await eventually(lambda: not client.is_connected)
            await client.seen("r_1", "r_2")
            await client.act("r_3")
            away.set()
            await eventually(lambda: heard == [["r_1", "r_2"], ["r_3"]])

    async def test_are_repeated_when_they_may_be_lost(self) -> None:
        heard: list[str] = []

        async def hear_and_break(talk: Talk) -> None:
            await talk.welcome()
            heard.extend((await talk.hear("act"))["r"])
            if len(heard) == 2:
                await talk.stay()

        async with stage(hear_and_break) as server, server.client() as client:
            await client.act("r_1")
            await eventually(lambda: heard == ["r_1", "r_1"])

    async def test_are_not_repeated_once_the_server_was_there(self) -> None:
        heard: list[str] = []

        async def ping_and_break(talk: Talk) -> None:
            await talk.welcome()
            heard.extend((await talk.hear("act"))["r"])
            for _ in range(2):
                await talk.say("ping")
                await talk.hear("pong")

        async def listen(talk: Talk) -> None:
            await talk.welcome()
            heard.extend((await talk.hear("act"))["r"])
            await talk.stay()

        async with stage(ping_and_break, listen) as server, server.client() as client:
            await client.act("r_1")
            await eventually(lambda: server.connection_count == 2)
            await client.act("r_2")
            await eventually(lambda: heard == ["r_1", "r_2"])

    async def test_of_critical_events_are_acknowledged_at_once(self) -> None:
        acks: list[int] = []

        async def shout(talk: Talk) -> None:
            await talk.welcome()
            await talk.serve_topic()
            await talk.event(1, crit="r_1")
            acks.append((await talk.hear("ack"))["seq"])
            await talk.stay()

        async with stage(shout) as server, server.client() as client:
            await client.subscribe(TOPIC)
            await eventually(lambda: acks == [1])


class TestHealth:
    async def test_is_told_with_every_pong(self) -> None:
        told: list[Any] = []

        async def ping(talk: Talk) -> None:
            await talk.welcome()
            await talk.say("ping")
            told.append((await talk.hear("pong"))["health"])
            await talk.stay()

        async with stage(ping) as server:
            client = server.client()
            client.health = lambda: Health(battery=0.8, sound=True)
            async with client:
                await eventually(lambda: told == [{"battery": 0.8, "sound": True}])


class TestCommand:
    async def test_is_given_again_under_its_key_when_the_connection_broke(self) -> None:
        keys: list[str] = []

        async def hear_and_break(talk: Talk) -> None:
            await talk.welcome()
            keys.append((await talk.hear("cmd"))["key"])

        async def answer(talk: Talk) -> None:
            await talk.welcome()
            asked = await talk.hear("cmd")
            keys.append(asked["key"])
            await talk.say("ok", id=asked["id"], d={"done": True})
            await talk.stay()

        async with stage(hear_and_break, answer) as server, server.client() as client:
            assert await client.command("order.accept") == {"done": True}
        assert keys[0] == keys[1]

    async def test_is_given_again_under_its_key_while_the_database_is_away(self) -> None:
        keys: list[str] = []

        async def be_away_twice(talk: Talk) -> None:
            await talk.welcome()
            for _ in range(2):
                asked = await talk.hear("cmd")
                keys.append(asked["key"])
                await talk.say("err", id=asked["id"], code="unavailable", retry=True)
            asked = await talk.hear("cmd")
            keys.append(asked["key"])
            await talk.say("ok", id=asked["id"], d={})
            await talk.stay()

        async with stage(be_away_twice) as server, server.client() as client:
            await client.command("order.accept", key="mine")
        assert keys == ["mine"] * 3


class TestTopic:
    async def test_is_asked_for_again_when_the_server_could_not_say(self) -> None:
        async def serve(talk: Talk) -> None:
            await talk.welcome()
            await talk.serve_topic(seq=1)

        async def be_away_once(talk: Talk) -> None:
            await talk.welcome()
            asked = await talk.hear("sub")
            await talk.say("err", id=asked["id"], code="unavailable", retry=True)
            await talk.replay(2)
            await talk.stay()

        async with stage(serve, be_away_once) as server, server.client() as client:
            board = await client.subscribe(TOPIC)
            await client.until(lambda: board.seq == 2)

    async def test_is_left_when_it_is_ours_no_longer(self) -> None:
        async def withdraw(talk: Talk) -> None:
            await talk.welcome()
            await talk.serve_topic()
            await talk.say("err", code="not_found", retry=False, d={"topic": TOPIC})
            await talk.stay()

        async with stage(withdraw) as server, server.client() as client:
            board = await client.subscribe(TOPIC)
            await client.until(lambda: TOPIC not in client.views)
            assert not board.is_live


class TestUnanswered:
    async def test_questions_are_asked_again_on_a_living_connection(self) -> None:
        keys: list[str] = []

        async def swallow_first(talk: Talk) -> None:
            await talk.welcome()
            await talk.hear("sub")
            await talk.serve_topic()
            for _ in range(2):
                asked = await talk.hear("cmd")
                keys.append(asked["key"])
            await talk.say("ok", id=asked["id"], d={})
            await talk.stay()

        patience = Patience(least=0.01, most=0.02, answer=1.0)
        async with stage(swallow_first) as server, server.client(patience) as client:
            await client.subscribe(TOPIC)
            await client.command("order.accept")
            assert client.close_codes == []
        assert keys[0] == keys[1]
