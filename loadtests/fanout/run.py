"""Measure the CPU a server spends per delivered frame, beside its peers."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loadtests.fanout.contenders import CONTENDERS, Contender, Stage
from loadtests.fanout.publish import Plan
from loadtests.fanout.shapes import BOARDS, BROADCAST, SHAPES, Load, Shape
from loadtests.measure.listeners import Listeners, Report, listeners
from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.processes import PYTHON, ROOT, ServerFailed, dies_with_us
from loadtests.measure.results import Bars, Findings, publish
from loadtests.measure.websocket import Expectation
from tests.services import redis


RESULTS = Path(__file__).parent / "results"
RATIOS = (
    ("socketio", BROADCAST),
    ("socketio", BOARDS),
    ("textbook", BROADCAST),
    ("textbook", BOARDS),
    ("ws", BROADCAST),
    ("nchan", BROADCAST),
)
_SECONDS, _QUICK_SECONDS = 20.0, 5.0
_WARM_UP_SHARE = 0.15


@dataclass(frozen=True)
class Driven:
    """CPU between the warm-up and the last frame, the pace reached, and what arrived."""

    cpu_seconds: float
    pace: float
    report: Report


def load_for(contender: Contender, shape: Shape, *, seconds: float) -> Load:
    rate = contender.events_per_second[shape.name]
    measured = max(2, round(rate * seconds / shape.topics))
    warm_up = max(1, round(measured * _WARM_UP_SHARE))
    return Load(events=measured + warm_up, warm_up=warm_up, events_per_second=rate)


def _publish(stage: Stage, events: range, load: Load) -> float:
    """Return the pace that was reached, in events per second."""
    plan = Plan(
        dialect=stage.dialect,
        address=stage.address,
        topics=stage.topics,
        first=events.start,
        last=events.stop,
        events_per_second=load.events_per_second,
    )
    command = [PYTHON, "-m", "loadtests.fanout.publish", json.dumps(asdict(plan))]
    environment = {**os.environ, **stage.environment}
    done = subprocess.run(
        dies_with_us(command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
    )
    return len(events) * len(stage.topics) / float(done.stdout.splitlines()[-1])


def _drive(stage: Stage, clients: Listeners, shape: Shape, load: Load) -> Driven:
    clients.open(stage.talks, Expectation(events=load.events, warm_up=load.warm_up))
    _publish(stage, range(load.warm_up), load)
    clients.wait_for(load.warm_up * shape.listeners)
    before = stage.server.cpu_seconds()
    pace = _publish(stage, range(load.warm_up, load.events), load)
    report = clients.wait_for(load.events * shape.listeners)
    return Driven(cpu_seconds=stage.server.cpu_seconds() - before, pace=pace, report=report)


def measure(contender: Contender, shape: Shape, *, seconds: float) -> dict[str, Any]:
    load = load_for(contender, shape, seconds=seconds)
    row: dict[str, Any] = {"who": contender.name, "shape": shape.name}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="fanout-") as folder,
            redis() as bus,
            contender.start(Path(folder), bus.url, shape) as stage,
            listeners() as clients,
        ):
            driven = _drive(stage, clients, shape, load)
            rss_mb = stage.server.rss_mb()
    except (ServerFailed, ConnectionError, subprocess.CalledProcessError) as failure:
        return {**row, "unavailable": str(failure)}
    report = driven.report
    frames = report.delivered - load.warm_up * shape.listeners
    return {
        **row,
        "us_per_frame": round(1e6 * driven.cpu_seconds / max(frames, 1), 2),
        "frames": frames,
        "events_per_second": round(driven.pace, 1),
        "cpu_seconds": round(driven.cpu_seconds, 2),
        "rss_mb": round(rss_mb, 1),
        "lost": report.lost,
        "duplicates": report.duplicates,
        "out_of_order": report.out_of_order,
        "p50_ms": report.p50_ms,
        "p99_ms": report.p99_ms,
        **({"closed": report.closed} if report.closed else {}),
    }


def _cost(rows: Iterable[Mapping[str, Any]], who: str, shape: Shape) -> float | None:
    """Return the best us per frame of whoever's name starts so."""
    costs = [
        float(row["us_per_frame"])
        for row in rows
        if row["who"].startswith(who) and row["shape"] == shape.name and "us_per_frame" in row
    ]
    return min(costs, default=None)


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / theirs, where both were measured."""
    found = {}
    for peer, shape in RATIOS:
        ours, theirs = _cost(rows, "paidan", shape), _cost(rows, peer, shape)
        if ours is not None and theirs:
            found[f"{peer}_{shape.name}"] = round(ours / theirs, 3)
    return found


def _honest(row: Mapping[str, Any]) -> bool:
    """Ours and the textbook must run; nobody of them may lose, repeat or reorder."""
    if not row["who"].startswith(("paidan", "textbook")):
        return True
    clean = ("lost", "duplicates", "out_of_order")
    return "unavailable" not in row and not any(row[count] for count in clean)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("fanout", __doc__, quick="fewer events")
    parser.add_argument("--shape", default="", help="one of the shapes, such as 1x500")
    options = parser.parse_args(arguments)
    names = chosen((each.name for each in CONTENDERS), options)
    seconds = _QUICK_SECONDS if options.quick else _SECONDS
    rows = []
    for shape in (shape for shape in SHAPES if options.shape in {"", shape.name}):
        for contender in CONTENDERS:
            if contender.name in names:
                rows.append(measure(contender, shape, seconds=seconds))
                tell(rows[-1:])
    found = ratios(rows)
    findings = Findings(
        question="fanout",
        rows=rows,
        ratios=found,
        ok=all(map(_honest, rows)) and any(key.startswith("textbook") for key in found),
        quick=options.quick,
    )
    charts = [
        Bars(
            title=f"{shape.topics} topics x {shape.sockets} sockets",
            unit="CPU us per delivered frame (less is better)",
            values={
                row["who"]: row["us_per_frame"]
                for row in rows
                if row["shape"] == shape.name and "us_per_frame" in row
            },
        )
        for shape in SHAPES
    ]
    is_whole = not (options.only or options.shape)
    publish(findings, charts, folder(RESULTS, is_whole=is_whole))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
