"""Measure what a state change of an order costs, beside the textbook and beside bare SQL."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from loadtests.lifecycle.capture import transactions
from loadtests.lifecycle.contenders import Stage, paidan, textbook
from loadtests.lifecycle.database import COPY, NAME, PRISTINE, USERS, WEB_USER
from loadtests.lifecycle.dialects import DIALECTS
from loadtests.lifecycle.drive import Plan, Walked
from loadtests.measure.processes import PYTHON, ROOT, ServerFailed, dies_with_us
from loadtests.measure.results import Bars, Findings, publish


RESULTS = Path(__file__).parent / "results"
_REPLAYS = 3
_COST = "cpu_us_per_transition"


@dataclass(frozen=True)
class Size:
    """How many orders each part of the question walks."""

    warm_up: int
    peak: int
    captured: int
    at_once: int = 8


FULL = Size(warm_up=40, peak=400, captured=100)
QUICK = Size(warm_up=20, peak=60, captured=20)

CONTENDERS: Mapping[str, Callable[[Path], AbstractContextManager[Stage]]] = {
    "paidan-uvicorn": partial(paidan, asgi_server="uvicorn"),
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


def replayed(stage: Stage, plan: Plan, folder: Path) -> dict[str, Any]:
    """Say what the statements of some orders cost a bare mysqlclient; the best of a few tries."""
    capture, walked = _captured(stage, plan, folder)
    tries = [_replay(stage, capture) for _ in range(_REPLAYS)]
    best = min(tries, key=itemgetter("cpu_seconds"))
    return {
        "transitions": walked.transitions,
        _COST: round(1e6 * best["cpu_seconds"] / walked.transitions, 1),
        "statements_per_transition": round(best["statements"] / walked.transitions, 1),
        "refused_statements": max(each["refused"] for each in tries),
        "lost": walked.lost,
        "duplicates": walked.duplicates,
    }


def _served(stage: Stage, plan: Plan) -> dict[str, Any]:
    """Walk as fast as it goes for the cost, then at half that pace for the latency."""
    apart_before = {name: each.cpu_seconds() for name, each in stage.others.items()}
    peak = drive(stage, plan)
    apart = {
        f"{name}_cpu_us_per_transition": round(
            1e6 * (each.cpu_seconds() - apart_before[name]) / peak.transitions, 1
        )
        for name, each in stage.others.items()
    }
    per_order = DIALECTS[stage.dialect].transitions
    half_rate = peak.transitions / per_order / peak.seconds / 2
    half = drive(stage, replace(plan, orders=plan.orders // 2, orders_per_second=half_rate))
    return {
        "transitions": peak.transitions,
        _COST: round(1e6 * peak.web_cpu_seconds / peak.transitions, 1),
        **apart,
        "transitions_per_second_at_peak": round(peak.transitions / peak.seconds, 1),
        "request_to_socket_p50_ms_at_half": half.p50_ms,
        "request_to_socket_p99_ms_at_half": half.p99_ms,
        "rss_mb": round(stage.web.rss_mb(), 1),
        "lost": peak.lost + half.lost,
        "duplicates": peak.duplicates + half.duplicates,
        "retried": peak.retried + half.retried,
    }


def measure(name: str, size: Size) -> list[dict[str, Any]]:
    """Return the rows of one contender: served, and its statements replayed raw."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="lifecycle-") as place:
        folder = Path(place)
        folder.chmod(0o777)  # MariaDB, perhaps as another user, writes its general log here
        try:
            with CONTENDERS[name](folder) as stage:
                pid = stage.web.process.pid
                plan = Plan(stage.dialect, stage.url, stage.shops, size.peak, size.at_once, pid)
                drive(stage, replace(plan, orders=size.warm_up))
                rows.append({"who": name, **_served(stage, plan)})
                one_by_one = replace(plan, orders=size.captured, at_once=1)
                rows.append({"who": f"raw of {name}", **replayed(stage, one_by_one, folder)})
        except ServerFailed as failure:
            rows.append({"who": name, "unavailable": str(failure)})
    return rows


def _cost(rows: Sequence[Mapping[str, Any]], who: str) -> float | None:
    """Return the least cost of whoever's name starts so."""
    costs = [float(row[_COST]) for row in rows if row["who"].startswith(who) and _COST in row]
    return min(costs, default=None)


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / theirs, where both were measured."""
    ours = _cost(rows, "paidan")
    theirs = {"raw": _cost(rows, "raw of paidan"), "textbook": _cost(rows, "textbook")}
    return {
        peer: round(ours / cost, 3) for peer, cost in theirs.items() if ours is not None and cost
    }


def _honest(row: Mapping[str, Any]) -> bool:
    return "unavailable" not in row and not row["lost"] and not row.get("refused_statements")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="loadtests.lifecycle.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer orders")
    parser.add_argument("--only", default="", help="contenders to run, comma separated")
    options = parser.parse_args(arguments)
    chosen = options.only.split(",") if options.only else list(CONTENDERS)
    rows = []
    for name in chosen:
        rows += measure(name, QUICK if options.quick else FULL)
        print("\n".join(map(json.dumps, rows)), file=sys.stderr, flush=True)
    found = ratios(rows)
    findings = Findings(
        question="lifecycle",
        rows=rows,
        ratios=found,
        ok=all(map(_honest, rows)) and {"raw", "textbook"} <= found.keys(),
        quick=options.quick,
    )
    chart = Bars(
        title="Placed to completed, over HTTP, with boards watching",
        unit="CPU us per transition (less is better)",
        values={row["who"]: row[_COST] for row in rows if _COST in row},
    )
    publish(findings, [chart], RESULTS if not options.only else Path(tempfile.mkdtemp()))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
