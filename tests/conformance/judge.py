"""What a peer of the hub knows so far: every frame against the schema, a ledger a topic."""

import json
from functools import cache
from pathlib import Path

from tests.conformance.ledger import Frame, Ledger
from tests.conformance.rules import broken, hold
from tests.conformance.schema import Validator


SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


@cache
def server_frames() -> Validator:
    """The published schema of what the hub sends."""
    return Validator(json.loads((SCHEMAS / "server-frames.json").read_text()))


class Judge:
    """Takes frames as they come, whatever carries them."""

    def __init__(self) -> None:
        self.ledgers: dict[str, Ledger] = {}
        self.answers: dict[int, Frame] = {}
        self.loose: list[Frame] = []
        """Frames that answer nothing: refusals without id, positions, drain."""
        self.welcome: Frame = {}
        self.ping_count = 0
        self._ids: set[int] = set()
        self._asked: dict[int, Ledger] = {}

    def expect(self, number: int, ledger: Ledger) -> None:
        """Expect the answer to a `sub` with that id."""
        self._ids.add(number)
        self._asked[number] = ledger

    def judge(self, text: str) -> Frame:
        """Read a frame and note what it says."""
        frame: Frame = json.loads(text)
        faults = server_frames().faults(frame)
        hold("frame", f"a frame of the schema, {text[:200]}", faults, when=not faults)
        self._note(frame, len(text.encode()))
        return frame

    def _note(self, frame: Frame, size: int) -> None:
        match frame["t"]:
            case "ping":
                self.ping_count += 1
            case "welcome":
                self.welcome = frame
            case "ok" | "err" if "id" in frame:
                self._answer(frame)
            case "subd" | "snap" | "ev" | "evs":
                self._follow(frame, size)
            case _:
                self.loose.append(frame)

    def _follow(self, frame: Frame, size: int) -> None:
        match frame["t"]:
            case "subd":
                self._joined(frame)
            case "snap":
                self._ledger(frame).replace(frame, size)
            case "ev":
                self._ledger(frame).tell(frame)
            case _:
                for event in frame["evs"]:
                    self._ledger(event).tell(event)

    def _joined(self, frame: Frame) -> None:
        ledger = self._asked.pop(frame["id"], None)
        if ledger is None:
            broken("answer", f"subd to one of {sorted(self._asked)}", frame["id"])
        hold("answer", ledger.topic, frame["topic"], when=ledger.topic == frame["topic"])
        self.ledgers[ledger.topic] = ledger
        self.answers[frame["id"]] = frame
        ledger.answered(frame)

    def _answer(self, frame: Frame) -> None:
        hold("answer", "an id that was sent", frame["id"], when=frame["id"] in self._ids)
        if frame["id"] in self.answers:
            broken("answer", "one answer to each id", f"a second one to {frame['id']}")
        self.answers[frame["id"]] = frame

    def _ledger(self, frame: Frame) -> Ledger:
        ledger = self.ledgers.get(frame["topic"])
        if ledger is None:
            broken("answer", "frames of topics that were joined", frame["topic"])
        return ledger
