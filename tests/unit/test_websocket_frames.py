"""RFC 6455 as we frame and read it, held against `websockets`."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from core.websocket_frames import (
    NO_CODE,
    FrameReader,
    Message,
    Opcode,
    Violation,
    close_code,
    close_frame,
    frame,
    text_frame,
    text_of,
)


LIMIT = 100_000
LENGTHS = [0, 1, 125, 126, 127, 65535, 65536]


def understood(data: bytes) -> list[Frame]:
    """What a client of `websockets` makes of a server's bytes."""
    client = ClientProtocol(parse_uri("ws://example.test"), state=OPEN)
    client.receive_data(data)
    return [event for event in client.events_received() if isinstance(event, Frame)]


def masked(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A frame as clients send it."""
    return Frame(TheirOpcode(opcode), payload, fin).serialize(mask=True)


def read(data: bytes, *, at_a_time: int = 0) -> list[Message]:
    """Feed a new reader, whole or in pieces."""
    reader, found = FrameReader(LIMIT), []
    for start in range(0, len(data), at_a_time or len(data)):
        found += reader.feed(data[start : start + (at_a_time or len(data))])
    return found


class TestFrame:
    @pytest.mark.parametrize("length", LENGTHS)
    def test_of_any_length_is_understood(self, length: int) -> None:
        (found,) = understood(frame(Opcode.BINARY, payload := os.urandom(length)))
        assert (bytes(found.data), found.fin) == (payload, True)

    def test_counts_bytes_and_not_characters(self) -> None:
        (found,) = understood(text_frame("饭" * 42))
        assert bytes(found.data).decode() == "饭" * 42

    def test_of_a_close_holds_its_code_and_as_much_reason_as_fits(self) -> None:
        (found,) = understood(close_frame(4008, "x" * 200))
        assert bytes(found.data) == (4008).to_bytes(2, "big") + b"x" * 123


class TestFrameReader:
    @pytest.mark.parametrize("length", LENGTHS)
    @pytest.mark.parametrize("at_a_time", [0, 1000, 7])
    def test_reads_any_length_in_any_pieces(self, length: int, at_a_time: int) -> None:
        payload = os.urandom(length)
        data = masked(Opcode.BINARY, payload) + masked(Opcode.TEXT, b"after")
        assert read(data, at_a_time=at_a_time) == [
            (Opcode.BINARY, payload),
            (Opcode.TEXT, b"after"),
        ]

    @given(
        st.lists(st.tuples(st.sampled_from([1, 2, 9, 10]), st.binary(max_size=120)), max_size=8),
        st.integers(min_value=1, max_value=40),
    )
    def test_reads_what_websockets_reads(
        self, sent: list[tuple[int, bytes]], at_a_time: int
    ) -> None:
        data = b"".join(masked(opcode, payload) for opcode, payload in sent)
        theirs = ServerProtocol(state=OPEN)
        theirs.receive_data(data)
        frames = [event for event in theirs.events_received() if isinstance(event, Frame)]
        expected = [(int(each.opcode), bytes(each.data)) for each in frames]
        assert read(data, at_a_time=at_a_time) == expected == sent

    def test_joins_fragments_and_answers_controls_between_them(self) -> None:
        data = (
            masked(Opcode.TEXT, b"a", fin=False)
            + masked(Opcode.PING, b"now")
            + masked(Opcode.CONTINUATION, b"b", fin=False)
            + masked(Opcode.CONTINUATION, b"c")
            + masked(Opcode.TEXT, b"d")
        )
        for at_a_time in (0, 1):
            assert read(data, at_a_time=at_a_time) == [
                (Opcode.PING, b"now"),
                (Opcode.TEXT, b"abc"),
                (Opcode.TEXT, b"d"),
            ]

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (frame(Opcode.TEXT, b"not masked"), 1002),
            (b"\xc1\x80\0\0\0\0", 1002),
            (b"\x83\x80\0\0\0\0", 1002),
            (b"\x09\x80\0\0\0\0", 1002),
            (b"\x89\xfe\0\x7e", 1002),
            (masked(Opcode.CONTINUATION, b"of nothing"), 1002),
            (masked(Opcode.TEXT, b"a", fin=False) + masked(Opcode.TEXT, b"b"), 1002),
            (b"\x82\xff" + (LIMIT + 1).to_bytes(8, "big"), 1009),
            (b"\x82\xff" + b"\xff" * 8, 1009),
            (
                masked(Opcode.BINARY, b"x" * LIMIT, fin=False) + masked(Opcode.CONTINUATION, b"x"),
                1009,
            ),
        ],
        ids=[
            *("no mask", "reserved bit", "unknown opcode", "split control", "long control"),
            *("lone continuation", "message in a message", "too big", "absurd", "too big in all"),
        ],
    )
    def test_refuses(self, data: bytes, code: int) -> None:
        with pytest.raises(Violation) as refused:
            read(data)
        assert refused.value.code == code

    def test_lets_a_ping_pass_within_a_message_of_the_greatest_size(self) -> None:
        data = masked(Opcode.BINARY, b"x" * LIMIT, fin=False) + masked(Opcode.PING, b"?")
        assert read(data + masked(Opcode.CONTINUATION, b""))[0] == (Opcode.PING, b"?")


class TestPayloads:
    def test_text_must_be_utf8(self) -> None:
        with pytest.raises(Violation) as refused:
            text_of(b"\xff")
        assert refused.value.code == 1007

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            (b"", NO_CODE),
            (b"\x03\xe8", 1000),
            (b"\x0f\xa8bye", 4008),
            (b"\x03\xeb", 1003),
            (b"\x0b\xb8", 3000),
        ],
    )
    def test_a_close_names_its_code(self, payload: bytes, code: int) -> None:
        assert close_code(payload) == code

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            (b"\x03", 1002),
            (b"\x03\xed", 1002),
            (b"\x03\xec", 1002),
            (b"\x13\x88", 1002),
            (b"\0\0", 1002),
            (b"\x03\xe8\xff", 1007),
        ],
    )
    def test_a_close_of_no_code_that_may_be_sent_is_refused(
        self, payload: bytes, code: int
    ) -> None:
        with pytest.raises(Violation) as refused:
            close_code(payload)
        assert refused.value.code == code
