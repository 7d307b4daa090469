"""Measure how late deadlines fire, and whether each fires once, while a worker is killed."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from loadtests.deadlines.contenders import CONTENDERS, Stage, used
from loadtests.deadlines.probes import Schedule
from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.processes import Server, ServerFailed, family
from loadtests.measure.results import Bars, Findings, publish


RESULTS = Path(__file__).parent / "results"
FULL = Schedule(pending=100_000, due=15_000, per_second=500)
QUICK = Schedule(pending=10_000, due=3_000, per_second=500)
KILLED_AFTER = 0.4
"""Share of the time in which deadlines fall due."""
MOST_LATE_MS = 250.0
_OURS, _PEER = "paidan", "celery"
_SETTLE_SECONDS = 2.0


def _sleep_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def _kill(worker: Server) -> float:
    """Kill a worker and what it started; return the CPU seconds it had used."""
    cpu = worker.cpu_seconds()
    for pid in family(worker.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    worker.process.wait()
    return cpu


def _wait_for_all(stage: Stage, schedule: Schedule, until: datetime) -> None:
    while datetime.now(UTC) < until and stage.ledger.acted_count() < schedule.due:
        time.sleep(1)


def watch(stage: Stage, schedule: Schedule) -> dict[str, Any]:
    """Kill a worker in the middle, wait, and count."""
    last = stage.begin + timedelta(seconds=schedule.seconds)
    _sleep_until(stage.begin + timedelta(seconds=schedule.seconds * KILLED_AFTER))
    killed, *others = stage.workers
    cpu = _kill(killed) - stage.cpu_before
    _sleep_until(last + timedelta(seconds=_SETTLE_SECONDS))
    _wait_for_all(stage, schedule, last + timedelta(seconds=stage.patience_seconds))
    cpu += used(others)
    time.sleep(_SETTLE_SECONDS)  # for whatever comes twice
    found = stage.ledger.found(last)
    return {
        **found,
        "cpu_us_per_fired": round(1e6 * cpu / found["fired"], 1) if found["fired"] else None,
    }


def measure(name: str, schedule: Schedule) -> dict[str, Any]:
    """Run one contender and return its row."""
    row: dict[str, Any] = {"who": name, "per_second": schedule.per_second}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="deadlines-") as folder,
            CONTENDERS[name](Path(folder), schedule) as stage,
        ):
            return row | watch(stage, schedule)
    except ServerFailed as failure:
        return row | {"unavailable": str(failure)}


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Our own counts and p99; lateness and CPU as ratios to the peer's."""
    by_name = {row["who"]: row for row in rows if row.get("fired")}
    ours, theirs = by_name.get(_OURS), by_name.get(_PEER)
    found: dict[str, float] = {}
    if ours:
        found |= {name: ours[name] for name in ("lost", "fired_twice", "p99_late_ms")}
    if ours and theirs:
        found["celery_p99_late"] = round(ours["p99_late_ms"] / theirs["p99_late_ms"], 5)
        found["celery_cpu"] = round(ours["cpu_us_per_fired"] / theirs["cpu_us_per_fired"], 3)
    return found


def _honest(row: Mapping[str, Any]) -> bool:
    """Whether everything fired, once, not before its time and not much after."""
    if row["who"] != _OURS:
        return True
    wrong = ("lost", "fired_twice", "early")
    return (
        bool(row.get("fired") and not any(row[each] for each in wrong))
        and row["p99_late_ms"] < MOST_LATE_MS
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("deadlines", __doc__, quick="fewer deadlines")
    options = parser.parse_args(arguments)
    rows = []
    for name in chosen(CONTENDERS, options):
        rows.append(measure(name, QUICK if options.quick else FULL))
        tell(rows[-1:])
    findings = Findings(
        question="deadlines",
        rows=rows,
        ratios=ratios(rows),
        ok=all(map(_honest, rows)),
        quick=options.quick,
    )
    fired = [row for row in rows if row.get("fired")]
    charts = [
        Bars(
            title="99th percentile of lateness, a worker killed",
            unit="ms (less is better)",
            values={row["who"]: row["p99_late_ms"] for row in fired},
        ),
        Bars(
            title="CPU of the workers",
            unit="us per fired deadline (less is better)",
            values={row["who"]: row["cpu_us_per_fired"] for row in fired},
        ),
    ]
    publish(findings, charts, folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
