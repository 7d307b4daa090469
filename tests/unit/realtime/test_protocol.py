"""The frames and the tables of the protocol."""

import pytest

from realtime.codes import CLOSES
from realtime.protocol import (
    CLIENT_FRAMES,
    Ack,
    BadFrame,
    Drain,
    Pong,
    Position,
    Sub,
    decode,
    decode_server,
    encode,
)


class TestDecode:
    def test_reads_a_sub_with_a_position(self) -> None:
        text = '{"t":"sub","id":7,"topic":"merchant:42","since":{"epoch":"k3","seq":1812}}'
        since = Position(epoch="k3", seq=1812)
        assert decode(text) == Sub(id=7, topic="merchant:42", since=since)

    def test_gives_back_what_encode_wrote(self) -> None:
        frame = Ack(topic="merchant:42", seq=3)
        assert decode(encode(frame)) == frame

    @pytest.mark.parametrize(
        "text", ["", "[]", '{"t":"pong","x":1}', '{"t":"welcome"}', '{"t":"ack","seq":1}']
    )
    def test_refuses_what_is_no_frame(self, text: str) -> None:
        with pytest.raises(BadFrame):
            decode(text)

    def test_never_repeats_what_it_refuses(self) -> None:
        with pytest.raises(BadFrame) as caught:
            decode('{"t":"auth","ticket":["secret"]}')
        assert "secret" not in str(caught.value)

    def test_reads_the_servers_frames(self) -> None:
        assert decode_server('{"t":"drain","retry_ms":8421}') == Drain(retry_ms=8421)

    def test_overlooks_what_a_newer_server_adds(self) -> None:
        assert decode_server('{"t":"drain","retry_ms":1,"later":true}') == Drain(retry_ms=1)

    def test_knows_every_kind_of_the_client(self) -> None:
        kinds = [frame.model_fields["t"].default for frame in CLIENT_FRAMES]
        assert len(set(kinds)) == len(kinds)
        assert isinstance(decode('{"t":"pong"}'), Pong)


class TestCloses:
    def test_let_the_client_come_back_below_4500_only(self) -> None:
        assert all(row.retry is (code < 4500) for code, row in CLOSES.items())
