"""What a client says of how fresh its picture is."""

from tests.client.scripted import TOPIC, Talk, eventually, stage


async def serve_and_break(talk: Talk) -> None:
    await talk.welcome()
    await talk.serve_topic(seq=4)
    await talk.event(5)


async def replay_three(talk: Talk) -> None:
    await talk.welcome()
    await talk.replay(6, 7, 8)
    await talk.stay()


class TestFreshness:
    async def test_goes_from_connecting_over_live_to_replayed(self) -> None:
        said: list[str] = []
        async with stage(serve_and_break, replay_three) as server:
            client = server.client()
            assert str(client.freshness) == "connecting"
            client.on_freshness(lambda now: said.append(str(now)))
            async with client:
                board = await client.subscribe(TOPIC)
                await client.until(lambda: board.seq == 8)
                await eventually(lambda: said == ["live", "reconnecting", "replayed 3"])
                assert client.freshness.replayed == 3

    async def test_is_in_doubt_while_something_is_missing(self) -> None:
        said: list[str] = []

        async def skip(talk: Talk) -> None:
            await talk.welcome()
            await talk.serve_topic(seq=4)
            await talk.event(6)
            await talk.replay(5, 6)
            await talk.stay()

        async with stage(skip) as server, server.client() as client:
            client.on_freshness(lambda now: said.append(str(now)))
            board = await client.subscribe(TOPIC)
            await client.until(lambda: board.seq == 6)
            assert said == ["reconnecting", "replayed 2"]
            assert board.gap_count == 1


class TestLog:
    async def test_is_bounded_unless_its_owner_wants_all(self) -> None:
        async def serve_many(talk: Talk) -> None:
            await talk.welcome()
            await talk.serve_topic()
            for seq in range(1, 31):
                await talk.event(seq)
            await talk.stay()

        async with (
            stage(serve_many) as server,
            server.client(log_limit=5) as short,
            server.client(log_limit=None) as whole,
        ):
            boards = [await client.subscribe(TOPIC) for client in (short, whole)]
            await short.until(lambda: boards[0].seq == 30)
            await whole.until(lambda: boards[1].seq == 30)
            assert 5 <= len(boards[0].log) <= 10
            assert len(boards[1].log) == 31
