"""Measure what a socket costs that does nothing: memory, and the CPU of keeping it alive."""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from loadtests.idle.contenders import CONTENDERS, Stage, Start
from loadtests.measure.listeners import Listeners, listeners
from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.processes import ServerFailed
from loadtests.measure.results import Bars, Findings, publish
from loadtests.measure.websocket import Conversation, Expectation
from tests.services import redis


RESULTS = Path(__file__).parent / "results"
_SOCKETS, _QUICK_SOCKETS = 10_000, 2_000
_WARM_UP_SOCKETS = 100
_AT_ONCE = 1_000
"""Sockets whose tickets are issued together: a ticket lives 60 s."""
_SETTLE_SECONDS = 3.0
_IDLE_SECONDS = 20.0
"""One whole round of our pings; Socket.IO's come every 25 s."""


def _allow_many_files() -> None:
    """Raise the limit on open files as far as it goes; the servers inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _talks(stage: Stage, sockets: int) -> Iterator[list[Conversation]]:
    """What the sockets say, some at a time; the next ones are made ready meanwhile."""
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(stage.talks, 0, _WARM_UP_SOCKETS)
        for first in range(_WARM_UP_SOCKETS, sockets, _AT_ONCE):
            ready = coming.result()
            coming = ahead.submit(stage.talks, first, min(_AT_ONCE, sockets - first))
            yield ready
        yield coming.result()


def _open(clients: Listeners, talks: list[Conversation]) -> None:
    clients.open(talks, Expectation(events=0))


def _hold(stage: Stage, sockets: int) -> dict[str, Any]:
    """Open a few sockets, look, open all, look again, and watch them be idle."""
    with ExitStack() as held:
        talks = _talks(stage, sockets)
        groups = [held.enter_context(listeners())]
        _open(groups[0], next(talks))
        time.sleep(_SETTLE_SECONDS)
        empty_mb = stage.server.rss_mb()
        began = time.monotonic()
        for some in talks:
            groups.append(held.enter_context(listeners()))
            _open(groups[-1], some)
        opened = time.monotonic() - began
        time.sleep(_SETTLE_SECONDS)
        full_mb = stage.server.rss_mb()
        cpu = stage.server.cpu_seconds()
        time.sleep(_IDLE_SECONDS)
        cpu = stage.server.cpu_seconds() - cpu
        closed = sorted({why for group in groups for why in group.report().closed})
    return {
        "sockets": sockets,
        "kb_per_socket": round(1024 * (full_mb - empty_mb) / (sockets - _WARM_UP_SOCKETS), 2),
        "rss_mb": round(full_mb, 1),
        "idle_cpu_percent": round(100 * cpu / _IDLE_SECONDS, 2),
        "opened_per_second": round((sockets - _WARM_UP_SOCKETS) / opened),
        **({"closed": closed} if closed else {}),
    }


def measure(name: str, start: Start, sockets: int) -> dict[str, Any]:
    try:
        with (
            tempfile.TemporaryDirectory(prefix="idle-") as folder,
            redis() as bus,
            start(Path(folder), bus.url, sockets) as stage,
        ):
            return {"who": name, **_hold(stage, sockets)}
    except (ServerFailed, ConnectionError) as failure:
        return {"who": name, "unavailable": str(failure)}


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / theirs in memory, of the better of our two servers, and ours itself."""
    cost = {row["who"]: float(row["kb_per_socket"]) for row in rows if "kb_per_socket" in row}
    ours = min((kb for who, kb in cost.items() if who.startswith("paidan")), default=None)
    if ours is None:
        return {}
    peers = {who: round(ours / kb, 3) for who, kb in cost.items() if not who.startswith("paidan")}
    return {"kb_per_socket": ours, **peers}


def _honest(row: Mapping[str, Any]) -> bool:
    """Ours must hold every socket; that a peer loses some is a finding."""
    return not row["who"].startswith("paidan") or not ({"unavailable", "closed"} & row.keys())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("idle", __doc__, quick="fewer sockets")
    options = parser.parse_args(arguments)
    _allow_many_files()
    sockets = _QUICK_SOCKETS if options.quick else _SOCKETS
    rows = []
    for name in chosen(CONTENDERS, options):
        rows.append(measure(name, CONTENDERS[name], sockets))
        tell(rows[-1:])
    found = ratios(rows)
    findings = Findings(
        question="idle",
        rows=rows,
        ratios=found,
        ok=all(map(_honest, rows)) and "textbook" in found,
        quick=options.quick,
    )
    charts = [
        Bars(
            title=f"{sockets} idle sockets: {title}",
            unit=unit,
            values={row["who"]: row[key] for row in rows if key in row},
        )
        for title, unit, key in (
            ("memory", "KB RSS per socket (less is better)", "kb_per_socket"),
            ("CPU", "% of one core (less is better)", "idle_cpu_percent"),
        )
    ]
    publish(findings, charts, folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
