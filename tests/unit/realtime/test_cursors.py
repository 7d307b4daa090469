"""Cursors: every topic's position in one text that any node reads."""

import re
from contextlib import suppress
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.cursors import (
    CURSOR_CHARACTERS,
    TOPICS,
    BadCursor,
    codes_of,
    read_cursor,
    topic_code,
    write_cursor,
)
from realtime.protocol import Position
from realtime.topics import Topic, TopicKind


SEQUENCED = [kind for kind in TopicKind if kind is not TopicKind.ZONE]

topics = st.builds(Topic, st.sampled_from(SEQUENCED), st.uuids())
positions = st.builds(
    Position, epoch=st.from_regex(r"[0-9a-f]{1,16}", fullmatch=True), seq=st.integers(0, 2**53)
)


class TestCursor:
    @given(st.dictionaries(topics, positions, max_size=TOPICS))
    def test_is_read_as_it_was_written(self, places: dict[Topic, Position]) -> None:
        text = write_cursor((topic_code(each), at.seq, at.epoch) for each, at in places.items())
        assert read_cursor(text) == {str(topic): at for topic, at in places.items()}
        assert len(text) <= CURSOR_CHARACTERS
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", text)

    def test_of_nothing_is_a_cursor_too(self) -> None:
        assert read_cursor(write_cursor([])) == {}

    @given(st.text(max_size=200))
    def test_is_read_or_refused(self, text: str) -> None:
        with suppress(BadCursor):
            read_cursor(text)

    def test_of_too_many_topics_is_refused(self) -> None:
        code = topic_code(Topic(TopicKind.ORDER, uuid4()))
        with pytest.raises(BadCursor):
            read_cursor(write_cursor([(code, 1, "e")] * (TOPICS + 1)))


class TestCodes:
    def test_leave_out_what_has_no_position(self) -> None:
        board, zone = f"merchant:{uuid4()}", f"zone:{uuid4()}"
        assert list(codes_of([board, zone])) == [board]
