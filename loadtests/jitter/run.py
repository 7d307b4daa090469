"""Measure what clients on bad lines receive, and how fast they catch up, beside Socket.IO."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loadtests.fanout.publish import Plan
from loadtests.jitter.clients import Crowd
from loadtests.jitter.contenders import CONTENDERS, SOCKETS, TOPICS, Stage
from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.processes import PYTHON, ROOT, ServerFailed, dies_with_us, stop
from loadtests.measure.results import Bars, Findings, publish


RESULTS = Path(__file__).parent / "results"
EVENTS_PER_SECOND = 40.0
_SECONDS, _QUICK_SECONDS = 45.0, 16.0
MOST_REPLAY_SECONDS = 3.0
PEER = "socketio-recovery"


@contextmanager
def _clients() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        dies_with_us([PYTHON, "-m", "loadtests.jitter.clients"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "core.settings"},
    )
    try:
        yield process
    finally:
        stop(process)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _ask(process: subprocess.Popen[bytes], line: str) -> str:
    assert process.stdin
    assert process.stdout
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    answer = process.stdout.readline().decode().strip()
    if not answer:
        raise ServerFailed("the clients ended")
    return answer


def _publish(stage: Stage, events: int) -> None:
    plan = Plan(
        dialect=stage.dialect,
        address=stage.url,
        topics=stage.topics,
        first=0,
        last=events,
        events_per_second=EVENTS_PER_SECOND,
    )
    command = [PYTHON, "-m", "loadtests.fanout.publish", json.dumps(asdict(plan))]
    environment = {**os.environ, **stage.environment}
    subprocess.run(
        dies_with_us(command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
    )


def measure(name: str, *, seconds: float) -> dict[str, Any]:
    """Run one contender and return its row."""
    events = max(1, round(EVENTS_PER_SECOND * seconds / TOPICS))
    row: dict[str, Any] = {"who": name, "shape": f"{TOPICS}x{SOCKETS}"}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="jitter-") as folder,
            CONTENDERS[name](Path(folder)) as stage,
            _clients() as clients,
        ):
            crowd = Crowd(
                kind=stage.kind, url=stage.url, subscriptions=stage.subscriptions, events=events
            )
            _ask(clients, json.dumps(asdict(crowd)))
            _publish(stage, events)
            found: dict[str, Any] = json.loads(_ask(clients, "end"))
    except (ServerFailed, subprocess.CalledProcessError) as failure:
        return {**row, "unavailable": str(failure)}
    return {**row, **found}


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Our worse server's share and p99, and that p99 as a ratio to the peer's."""
    ours = [row for row in rows if row["who"].startswith("paidan") and "cuts" in row]
    theirs = [row for row in rows if row["who"] == PEER and "cuts" in row]
    found: dict[str, float] = {}
    if ours:
        found["delivered_share"] = min(row["delivered_share"] for row in ours)
        found["p99_replay_s"] = max(row["p99_replay_s"] for row in ours)
    if ours and theirs and theirs[0]["p99_replay_s"]:
        found["socketio_p99_replay"] = round(found["p99_replay_s"] / theirs[0]["p99_replay_s"], 3)
    return found


def _honest(row: Mapping[str, Any]) -> bool:
    """Ours must run, lose nothing, repeat nothing, keep the order and be cut at all."""
    if not row["who"].startswith("paidan"):
        return True
    clean = ("lost", "duplicates", "out_of_order")
    return "unavailable" not in row and row["replays"] > 0 and not any(row[c] for c in clean)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("jitter", __doc__, quick="fewer events")
    options = parser.parse_args(arguments)
    rows = []
    for name in chosen(CONTENDERS, options):
        rows.append(measure(name, seconds=_QUICK_SECONDS if options.quick else _SECONDS))
        tell(rows[-1:])
    found = ratios(rows)
    findings = Findings(
        question="jitter",
        rows=rows,
        ratios=found,
        ok=all(map(_honest, rows)) and found.get("p99_replay_s", 99.0) < MOST_REPLAY_SECONDS,
        quick=options.quick,
    )
    charts = [
        Bars(
            title="99th percentile from reconnecting to caught up",
            unit="seconds (less is better)",
            values={row["who"]: row["p99_replay_s"] for row in rows if "p99_replay_s" in row},
        ),
        Bars(
            title="Events that never arrived",
            unit="% (less is better)",
            values={
                row["who"]: round(100 * (1 - row["delivered_share"]), 3)
                for row in rows
                if "delivered_share" in row
            },
        ),
    ]
    publish(findings, charts, folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
