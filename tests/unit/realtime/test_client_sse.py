"""The parser of event streams."""

import pytest

from realtime.client_sse import EventStreamParser


STREAM = (
    "retry: 700\n\n"
    'id: 1~a\ndata: {"t":"welcome"}\n\n'
    ": 4001 drain\n\n"
    "data:grüß\r\ndata: dich\r\n\r\n"
).encode()
WANTED = ['{"t":"welcome"}', "grüß\ndich"]


class TestEventStreamParser:
    @pytest.mark.parametrize("size", [1, 3, 1000])
    def test_takes_pieces_of_any_size(self, size: int) -> None:
        parser = EventStreamParser()
        pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
        assert [data for piece in pieces for data in parser.feed(piece)] == WANTED

    def test_gives_nothing_that_is_not_whole(self) -> None:
        assert EventStreamParser().feed(b"data: half\n") == []
