"""One subscription as a careful client has it: judges every frame the hub sends for it."""

from dataclasses import dataclass, field
from typing import Any

from tests.conformance.rules import broken, hold


Frame = dict[str, Any]
Position = tuple[str, int]

PART_BYTES = 64 * 1024


@dataclass
class Ledger:
    """Position, rows and log of one topic from its `sub` on."""

    topic: str
    since: Position | None = None
    may_skip: bool = False
    """Whether the reader was slow, so that events may have been coalesced."""
    epoch: str = ""
    seq: int = 0
    answer: Frame = field(default_factory=dict)
    events: list[Frame] = field(default_factory=list)
    rows: dict[str, Frame] = field(default_factory=dict)
    part_sizes: list[int] = field(default_factory=list)
    """Bytes of each part of the snapshots."""
    pictures: int = 0
    """Snapshots that came whole."""
    _due: int = 0
    _part: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the answer to `sub` has come to its end."""
        return bool(self.answer) and self._due == 0 and self._part == 0

    @property
    def has_position(self) -> bool:
        """Whether it can be gone on from: not while a snapshot is on its way."""
        return bool(self.answer) and self._part == 0

    @property
    def position(self) -> Position:
        """Where to go on from."""
        return self.epoch, self.seq

    def answered(self, frame: Frame) -> None:
        """Take the `subd`."""
        hold("answer", "one subd", "a second one", when=not self.answer)
        self.answer = frame
        self.epoch = frame["epoch"]
        if frame["recovered"]:
            self._recovering(frame)
        else:
            hold("count", "count 0 before a snapshot", frame["count"], when=frame["count"] == 0)
            self._part = 1

    def replace(self, frame: Frame, size: int) -> None:
        """Take a part of a snapshot, `size` bytes long."""
        if self.is_whole and self.answer["recovered"] and frame["seq"] > 0:
            broken("recovered", "events after recovered:true", "a snap")
        hold("parts", f"part {self._part or 1}", frame["part"],
             when=frame["part"] == (self._part or 1))  # fmt: skip
        hold("parts", "at most 64 KiB", size, when=size <= PART_BYTES or len(frame["rows"]) == 1)
        wanted = (self.epoch, self.answer["seq"])
        got = (frame["epoch"], frame["seq"])
        hold("parts", f"the position of subd, {wanted}", got, when=got == wanted)
        self.part_sizes.append(size)
        if frame["part"] == 1:
            self.rows = {}
        self.rows |= {row["key"]: row for row in frame["rows"]}
        self._part = 0 if frame["last"] else frame["part"] + 1
        if frame["last"]:
            self.seq = frame["seq"]
            self.pictures += 1

    def tell(self, event: Frame) -> None:
        """Take one event, alone or from a batch."""
        hold("answer", "subd before any event", event["seq"], when=bool(self.answer))
        hold("parts", "the last part before any event", event["seq"], when=self._part == 0)
        self._judge(event["p"], event["seq"])
        self.seq = event["seq"]
        self.events.append(event)
        self._apply(event)
        if self._due:
            self._due -= 1
            end = self.answer["seq"]
            ended = self._due > 0 or self.seq == end
            hold("count", f"seq {end} at the end of the recovery", self.seq, when=ended)

    def _recovering(self, frame: Frame) -> None:
        if self.since is None:
            broken("recovered", "a snapshot, as there was no since", "recovered:true")
        epoch, seq = self.since
        hold("recovered", f"epoch {epoch}", frame["epoch"], when=frame["epoch"] == epoch)
        wanted = seq + frame["count"]
        hold("count", f"seq {wanted} for {frame['count']} events after {seq}", frame["seq"],
             when=frame["seq"] == wanted)  # fmt: skip
        self.seq = seq
        self._due = frame["count"]

    def _judge(self, previous: int, seq: int) -> None:
        if any(event["seq"] == seq for event in reversed(self.events)):
            broken("once", f"an event after {self.seq}", f"{seq} again")
        hold("order", f"an event after {self.seq}", seq, when=seq > self.seq)
        hold("chain", f"p {self.seq} at seq {seq}", previous, when=previous == self.seq)
        whole = self.may_skip or seq == previous + 1
        hold("gapless", f"seq {previous + 1}", seq, when=whole)

    def _apply(self, event: Frame) -> None:
        row = self.rows.get(event["key"])
        if row is not None:
            newer = event["ver"] >= row["ver"]
            hold("version", f"{event['key']} from {row['ver']} on", event["ver"], when=newer)
        self.rows[event["key"]] = {name: event[name] for name in ("key", "ver", "d")}
