"""Frames come out whole however their bytes come in, and fates depend on the seed alone."""

import pytest

from tests.proxy.faults import Fate, Faults, Judge
from tests.proxy.frames import CLOSE, Frame, FrameSplitter


def frame(text: str) -> bytes:
    data = text.encode()
    if len(data) < 126:
        return bytes([0x81, len(data)]) + data
    if len(data) < 1 << 16:
        return bytes([0x81, 126]) + len(data).to_bytes(2) + data
    return bytes([0x81, 127]) + len(data).to_bytes(8) + data


class TestFrameSplitter:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 200_000])
    def test_gives_whole_frames_whatever_the_pieces(self, size: int) -> None:
        texts = ["", "short", "x" * 126, "é" * 70_000]
        stream = b"".join(map(frame, texts))
        splitter = FrameSplitter()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        found = [each for piece in pieces for each in splitter.feed(piece)]
        assert [each.text for each in found] == texts

    def test_tells_messages_from_control_frames(self) -> None:
        close = Frame(b"\x88\x02\x0f\xa1")
        assert (close.is_text, close.opcode) == (False, CLOSE)
        assert not Frame(b"\x01\x01x").is_text  # the start of a message in pieces
        assert Frame(b"\x81\x01x").is_text


class TestJudge:
    def test_gives_the_same_fates_for_the_same_seed(self) -> None:
        faults = Faults(drop=0.2, duplicate=0.2, cut=0.1)
        judges = Judge(7), Judge(7)
        assert [judges[0].fate(faults) for _ in range(200)] == [
            judges[1].fate(faults) for _ in range(200)
        ]
        assert judges[0].counts.keys() == {Fate.PASS, Fate.DROP, Fate.DUPLICATE, Fate.CUT}

    def test_can_begin_anew(self) -> None:
        faults, judge = Faults(drop=0.5), Judge(7)
        first = [judge.fate(faults) for _ in range(50)]
        judge.begin(7)
        assert [judge.fate(faults) for _ in range(50)] == first

    def test_lets_everything_pass_without_faults(self) -> None:
        judge = Judge(1)
        assert {judge.fate(Faults()) for _ in range(50)} == {Fate.PASS}
