"""Judges whether a client was told exactly what was committed: in order, and nothing twice.

The tests and the demonstration compare every client with the streams in the database by these
rules. A slow reader may be spared older events of a thing, never a critical one, and never the
newest: what was skipped must be about a thing of which something newer came.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from realtime.client_views import Applied, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One committed event; what it showed is kept as a digest."""

    seq: int
    key: str
    version: int
    type: str
    is_critical: bool
    digest: str

    def __str__(self) -> str:
        return f"{self.seq} ({self.type} of {self.key}, version {self.version}, {self.digest[:6]})"


@dataclass(slots=True)
class Verdict:
    """What was found in one log."""

    problems: list[str] = field(default_factory=list)
    event_count: int = 0
    snapshot_count: int = 0
    spared_count: int = 0
    """Events that a newer one of the same thing made worthless before they were sent."""


def line_of_step(step: Applied) -> Line:
    """Return the line a client applied."""
    return Line(
        seq=step.seq,
        key=step.key,
        version=step.version,
        type=step.type,
        is_critical=step.receipt is not None,
        digest=_digest(step.data),
    )


def line_of_body(body: str) -> Line:
    """Return the line of a committed stream entry."""
    entry: dict[str, Any] = json.loads(body)
    return Line(
        seq=entry["seq"],
        key=entry["key"],
        version=entry["ver"],
        type=entry["type"],
        is_critical=entry.get("crit") is not None,
        digest=_digest(entry["d"]),
    )


def check_stream(lines: Sequence[Line]) -> list[str]:
    """Say what is wrong with a committed stream itself: gaps, or versions that fall."""
    problems = [
        f"the stream goes from {before.seq} to {after.seq}"
        for before, after in pairwise(lines)
        if after.seq != before.seq + 1
    ]
    newest: dict[str, int] = {}
    for line in lines:
        if line.version < newest.get(line.key, 0):
            problems.append(f"{line} follows version {newest[line.key]}")
        newest[line.key] = max(line.version, newest.get(line.key, 0))
    return problems


def check_log(
    log: Sequence[Applied], lines: Iterable[Line], *, head: int | None = None
) -> Verdict:
    """Compare a log with the committed lines; with `head`, it must have come so far."""
    verdict = Verdict()
    if not log:
        verdict.problems.append("nothing ever came")
        return verdict
    committed = {line.seq: line for line in lines}
    at = log[0].previous if log[0].key else log[0].seq
    for step in log:
        if step.key:
            verdict.problems += _check_event(step, at, committed)
            verdict.event_count += 1
        else:
            verdict.problems += _check_snapshot(step, at, log[0].epoch)
            verdict.snapshot_count += 1
        at = step.seq
    spared = _skipped(log)
    verdict.spared_count = len(spared)
    verdict.problems += _check_spared(spared, log, committed)
    if head is not None and at != head:
        verdict.problems.append(f"it ends at {at}, the stream at {head}")
    return verdict


def compare_rows(own: Mapping[str, Row], fresh: Mapping[str, Row]) -> str:
    """Say what differs between a client's rows and those of a fresh snapshot, if anything."""
    for key in sorted(own.keys() | fresh.keys()):
        if key not in own or key not in fresh:
            return f"{key} is known to {'the client' if key in own else 'a newcomer'} only"
        if own[key].version != fresh[key].version:
            return f"{key} is at {own[key].version} and {fresh[key].version}"
        difference = _first_member(own[key].data, fresh[key].data)
        if difference:
            return f"{key} differs: {difference}"
    return ""


def _check_event(step: Applied, at: int, committed: Mapping[int, Line]) -> list[str]:
    line, problems = line_of_step(step), []
    if step.previous != at:
        problems.append(f"{line} names {step.previous} before it, but {at} was")
    if step.seq <= at:
        problems.append(f"{line} came at {at}")
    if committed.get(step.seq) != line:
        problems.append(f"it was told {line}, committed is {committed.get(step.seq)}")
    return problems


def _check_snapshot(step: Applied, at: int, epoch: str) -> list[str]:
    if step.epoch == epoch and step.seq < at:
        return [f"a snapshot of {step.seq} came at {at}"]
    return []


def _skipped(log: Sequence[Applied]) -> list[int]:
    return [seq for step in log if step.key for seq in range(step.previous + 1, step.seq)]


def _check_spared(
    spared: Iterable[int], log: Sequence[Applied], committed: Mapping[int, Line]
) -> list[str]:
    newest = {step.key: step.seq for step in log}
    covered = max((step.seq for step in log if not step.key), default=0)
    problems = []
    for seq in spared:
        line = committed.get(seq)
        if line is None or line.is_critical:
            problems.append(f"{line or seq} never came")
        elif max(newest.get(line.key, 0), covered) < seq:
            problems.append(f"{line} was skipped, and nothing newer of it came")
    return problems


def _digest(data: Mapping[str, Any]) -> str:
    body = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def _first_member(left: Mapping[str, Any], right: Mapping[str, Any]) -> str:
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            return f"{name} is {left.get(name)!r} and {right.get(name)!r}"
    return ""
