"""The line in which topics are asked for."""

from realtime.client_line import AT_ONCE, Line


class TestLine:
    async def test_goes_on_when_those_who_were_asked_for_are_left(self) -> None:
        asked: list[str] = []

        async def ask(topic: str) -> None:
            asked.append(topic)

        line = Line(ask)
        for number in range(2 * AT_ONCE):
            await line.ask(f"user:{number}")
        assert len(asked) == AT_ONCE
        for topic in tuple(asked):
            line.drop(topic)
            await line.leave()
        assert asked == [f"user:{number}" for number in range(2 * AT_ONCE)]
