"""Measure what a state change of an order costs, beside the textbook and beside bare SQL."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from loadtests.lifecycle.capture import transactions
from loadtests.lifecycle.contenders import Stage, paidan, textbook
from loadtests.lifecycle.database import COPY, NAME, PRISTINE, USERS, WEB_USER
from loadtests.lifecycle.dialects import DIALECTS
from loadtests.lifecycle.drive import Plan, Walked
from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.processes import PYTHON, ROOT, ServerFailed, cpu_seconds, dies_with_us
from loadtests.measure.results import Bars, Findings, publish


RESULTS = Path(__file__).parent / "results"
RAW = "raw of "
_COST = "cpu_us_per_transition"


@dataclass(frozen=True)
class Size:
    """How many orders each part of the question walks."""

    warm_up: int
    peak: int
    """In each round."""
    rounds: int
    captured: int
    at_half: int
    at_once: int = 8


FULL = Size(warm_up=40, peak=60, rounds=5, captured=50, at_half=100)
QUICK = Size(warm_up=20, peak=30, rounds=3, captured=20, at_half=30)

CONTENDERS: Mapping[str, Callable[[Path], AbstractContextManager[Stage]]] = {
    "paidan-uvicorn": partial(paidan, asgi_server="uvicorn"),
    "paidan-uvicorn-socket": partial(paidan, asgi_server="uvicorn", dialect="paidan-socket"),
    "paidan-daphne": partial(paidan, asgi_server="daphne"),
    "textbook": textbook,
}


def drive(stage: Stage, plan: Plan) -> Walked:
    """Walk a plan's orders in a process of its own.

    :raises ServerFailed: when an order could not be walked.
    """
    command = [PYTHON, "-m", "loadtests.lifecycle.drive", json.dumps(asdict(plan))]
    done = subprocess.run(
        dies_with_us(command), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServerFailed(f"driving {stage.name}: {done.stderr[-2000:]}")
    walked = Walked(**json.loads(done.stdout.splitlines()[-1]))
    if walked.failed:
        raise ServerFailed(f"{stage.name}: {walked.failed[0]} {stage.web.tail()}")
    return walked


def _captured(stage: Stage, plan: Plan, folder: Path) -> tuple[Path, Walked]:
    """Walk some orders and write down every statement that was said meanwhile."""
    log, capture = folder / "general.log", folder / "capture.json"
    stage.database.copy(NAME, PRISTINE)
    # The log names a connection's user only when it connects: start from fresh connections.
    old = stage.database.run(
        f"SELECT id FROM information_schema.processlist WHERE user IN {USERS}"
    )
    stage.database.run(*(f"KILL CONNECTION {row[0]}" for row in old))
    with stage.database.general_log(log):
        walked = drive(stage, plan)
    document = {
        "users": {user: stage.database.arguments(user, COPY) for user in USERS},
        "counted": WEB_USER,
        "transactions": [(each.user, each.statements) for each in transactions(log)],
    }
    capture.write_text(json.dumps(document), encoding="utf-8")
    return capture, walked


def _replay(stage: Stage, capture: Path) -> dict[str, Any]:
    """Replay a capture on a fresh copy of the tables.

    :raises ServerFailed: when the replaying process fails.
    """
    stage.database.copy(PRISTINE, COPY)
    command = [PYTHON, "-m", "loadtests.lifecycle.replay", str(capture)]
    done = subprocess.run(
        dies_with_us(command), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServerFailed(f"replaying {stage.name}: {done.stderr[-2000:]}")
    print(done.stderr[-2000:], file=sys.stderr)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _served(stage: Stage, plan: Plan, size: Size, folder: Path) -> list[dict[str, Any]]:
    """Walk as fast as it goes and replay what was captured, in turn; then the latency.

    Ours and the raw cost are medians over the same minutes, so that whatever else the machine
    does meets both.
    """
    capture, captured = _captured(stage, replace(plan, orders=size.captured, at_once=1), folder)
    _replay(stage, capture)  # warms the copy's tables
    apart_before = _apart(stage)
    peaks, replays = [], []
    for _ in range(size.rounds):
        peaks.append(drive(stage, plan))
        replays.append(_replay(stage, capture))
    transitions = sum(peak.transitions for peak in peaks)
    apart = {
        f"{name}_cpu_us_per_transition": round(1e6 * (now - apart_before[name]) / transitions, 1)
        for name, now in _apart(stage).items()
    }
    costs = [1e6 * peak.web_cpu_seconds / peak.transitions for peak in peaks]
    raw = [1e6 * each["cpu_seconds"] / captured.transitions for each in replays]
    pace = median(peak.transitions / peak.seconds for peak in peaks)
    half = _at_half(stage, plan, pace, size)
    row = {
        "transitions": transitions,
        _COST: round(median(costs), 1),
        "cpu_us_of_rounds": [round(cost) for cost in costs],
        **apart,
        "transitions_per_second_at_peak": round(pace, 1),
        **_latencies(half),
        "rss_mb": round(stage.web.rss_mb(), 1),
        "lost": sum(each.lost for each in (*peaks, half)),
        "duplicates": sum(each.duplicates for each in (*peaks, half)),
        "retried": sum(each.retried for each in (*peaks, half)),
    }
    raw_row = {
        "transitions": captured.transitions,
        _COST: round(median(raw), 1),
        "cpu_us_of_rounds": [round(cost) for cost in raw],
        "statements_per_transition": round(replays[0]["statements"] / captured.transitions, 1),
        "refused_statements": max(each["refused"] for each in replays),
        "lost": captured.lost,
        "duplicates": captured.duplicates,
    }
    return [row, raw_row]


def _apart(stage: Stage) -> dict[str, float]:
    return {name: cpu_seconds(each.process.pid) for name, each in stage.others.items()}


def _at_half(stage: Stage, plan: Plan, pace: float, size: Size) -> Walked:
    """Walk at half of `pace` (transitions a second), and listen for COMMITs."""
    rate = pace / DIALECTS[stage.dialect].transitions / 2
    paced = replace(plan, orders=size.at_half, orders_per_second=rate, bus_url=stage.bus_url)
    return drive(stage, paced)


def _latencies(half: Walked) -> dict[str, float]:
    found = {
        "request_to_socket_p50_ms_at_half": half.p50_ms,
        "request_to_socket_p99_ms_at_half": half.p99_ms,
    }
    if half.commits:
        found["commit_to_socket_p50_ms_at_half"] = half.commit_p50_ms
        found["commit_to_socket_p99_ms_at_half"] = half.commit_p99_ms
    return found


def measure(name: str, size: Size) -> list[dict[str, Any]]:
    """Return the rows of one contender: served, and its statements replayed raw."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-") as place:
        folder = Path(place)
        folder.chmod(0o777)  # MariaDB, perhaps as another user, writes its general log here
        try:
            with CONTENDERS[name](folder) as stage:
                pid = stage.web.process.pid
                plan = Plan(stage.dialect, stage.url, stage.shops, size.peak, size.at_once, pid)
                drive(stage, replace(plan, orders=size.warm_up))
                served, raw = _served(stage, plan, size, folder)
        except ServerFailed as failure:
            return [{"who": name, "unavailable": str(failure)}]
    return [{"who": name, **served}, {"who": f"{RAW}{name}", **raw}]


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / theirs: the best of our rows beside its own raw one, and beside the textbook."""
    costs = {str(row["who"]): float(row[_COST]) for row in rows if _COST in row}
    ours = {who: cost for who, cost in costs.items() if who.startswith("paidan")}
    found = {}
    if beside_raw := [cost / costs[RAW + who] for who, cost in ours.items() if RAW + who in costs]:
        found["raw"] = round(min(beside_raw), 3)
    if ours and "textbook" in costs:
        found["textbook"] = round(min(ours.values()) / costs["textbook"], 3)
    return found


def _honest(row: Mapping[str, Any]) -> bool:
    return "unavailable" not in row and not row["lost"] and not row.get("refused_statements")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("lifecycle", __doc__, quick="fewer orders")
    options = parser.parse_args(arguments)
    rows = []
    for name in chosen(CONTENDERS, options):
        rows += measure(name, QUICK if options.quick else FULL)
        tell(rows)
    found = ratios(rows)
    findings = Findings(
        question="lifecycle",
        rows=rows,
        ratios=found,
        ok=all(map(_honest, rows)) and {"raw", "textbook"} <= found.keys(),
        quick=options.quick,
    )
    chart = Bars(
        title="Placed to completed, with boards watching",
        unit="CPU us per transition (less is better)",
        values={row["who"]: row[_COST] for row in rows if _COST in row},
    )
    publish(findings, [chart], folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
