"""Measure what one push costs from the due row to the verified message, beside its peers."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.processes import Server, ServerFailed, family
from loadtests.measure.results import Bars, Findings, publish
from loadtests.push import contenders
from loadtests.push.contenders import Stage, Way
from loadtests.push.service_client import PushService, push_service


RESULTS = Path(__file__).parent / "results"
ANSWER_MS: Final = 50.0
DEVICES: Final = 2_000
KILLED_AT: Final = (0.3, 0.6)
"""Shares of the pushes after which a sender is killed."""
SEEDED_PER_SECOND: Final = 1_000.0
IN_FLIGHT_LIMIT, CLAIM_LIMIT = 400, 200
"""The sender's own: it claims again as soon as fewer than the first are on their way."""
_OURS, _KILLED, _CELERY, _ASYNC, _SERIAL = "paidan", "killed", "celery", "async", "serial"
_ROWS = "bare_rows"
_COST = "cpu_us_per_push"


@dataclass(frozen=True)
class Size:
    """How many pushes each contender sends; the others are what warms it up."""

    paidan: int
    warm: int
    celery: int
    serial: int


FULL = Size(paidan=20_000, warm=2_000, celery=800, serial=100)
QUICK = Size(paidan=5_000, warm=1_000, celery=200, serial=40)


def accounted(verdict: Mapping[str, Any], tags: Sequence[str]) -> dict[str, Any]:
    """Compare what was to be sent with what was verified, message by message."""
    shown = verdict["shown"]
    return {
        "lost": sum(tag not in shown for tag in tags),
        "duplicates": sum(count - 1 for count in shown.values()),
        "visible_twice": verdict["visible"] - len(shown),
        "refused": sum(verdict["refused"].values()),
    }


def _settled(stage: Stage, way: Way, warm: int) -> None:
    """Warm up, and forget it."""
    contenders.seeded(stage, way, warm)
    contenders.finish(stage, way)
    stage.service.verdict()


def _us(seconds: float, count: int) -> float:
    return round(1e6 * seconds / count, 1)


def paidan(place: Path, service: PushService, size: Size) -> dict[str, Any]:
    """Rows that fall due in one moment, and the sender that operators start."""
    way, count = contenders.paidan_way(), size.paidan
    with contenders.paidan(place, service) as stage, contenders.sender(stage):
        _settled(stage, way, size.warm)
        seeded = contenders.seeded(stage, way, count, lead_seconds=5 + count / SEEDED_PER_SECOND)
        _sleep_until(seeded["due_at"])
        before = stage.spent()
        contenders.finish(stage, way)
        spent = stage.spent().since(before)
        rows = {
            "insert_client": seeded["insert_client_us"],
            "insert_server": seeded["insert_server_us"],
            "claim_and_finish_client": _us(spent.beside_the_loop, count),
            "claim_and_finish_server": _us(spent.database, count),
        }
        return {
            "pushes": count,
            _COST: _us(spent.sender, count),
            "row_us": round(sum(rows.values()), 1),
            **{f"row_us_{name}": round(value, 1) for name, value in rows.items()},
            "pushes_per_second": round(count / spent.at, 1),
            "service_busy": round(spent.service / spent.at, 2),
            **accounted(service.verdict(), seeded["tags"]),
        }


def killed(place: Path, service: PushService, size: Size) -> dict[str, Any]:
    """The same, with SIGKILL for two senders while they send, and a third to finish."""
    way, count = contenders.paidan_way(), size.paidan // 2
    with contenders.paidan(place, service) as stage:
        with contenders.sender(stage):
            _settled(stage, way, size.warm)
        tags = contenders.seeded(stage, way, count)["tags"]
        for share in KILLED_AT:
            with contenders.sender(stage) as victim:
                goal = share * count
                victim.wait_until(lambda goal=goal: service.received_count() >= goal)  # type: ignore[misc]
                _kill(victim)
        with contenders.sender(stage):
            contenders.finish(stage, way)
        found = accounted(service.verdict(), tags)
    return {
        "pushes": count,
        "kills": len(KILLED_AT),
        "duplicates_per_kill": found["duplicates"] / len(KILLED_AT),
        "in_flight_and_a_flush": IN_FLIGHT_LIMIT + CLAIM_LIMIT,
        **found,
    }


def bare_rows(place: Path, service: PushService, size: Size) -> dict[str, Any]:
    """Bare mysqlclient writes the rows of as many pushes, and sends nothing."""
    with contenders.paidan(place, service) as stage:
        module, pid = "loadtests.push.bare_rows", str(stage.database_pid)
        stage.installation.seed(module, str(size.warm), pid)
        said = stage.installation.seed(module, str(size.paidan), pid)
    lost = said.pop("left")
    return {
        "pushes": size.paidan,
        "row_us": round(sum(said.values()), 1),
        **{f"row_us_{name}": cost for name, cost in said.items()},
        "lost": lost,
        "refused": 0,
        "duplicates": 0,
        "visible_twice": 0,
    }


def celery(place: Path, service: PushService, size: Size) -> dict[str, Any]:
    """A task a message; its worker is already running when the tasks come."""
    way, count = contenders.celery_way(service), size.celery
    with contenders.celery(place, service) as stage:
        _settled(stage, way, size.celery // 4)
        before = stage.spent()
        tags = contenders.seeded(stage, way, count)["tags"]
        contenders.finish(stage, way)
        spent = stage.spent().since(before)
        return {
            "pushes": count,
            _COST: _us(spent.sender, count),
            "pushes_per_second": round(count / spent.at, 1),
            "service_busy": round(spent.service / spent.at, 2),
            **accounted(service.verdict(), tags),
        }


def _bare(how: str, place: Path, service: PushService, count: int, warm: int) -> dict[str, Any]:
    said = contenders.bare(how, place, service, count=count, warm=warm)
    return {
        "pushes": count,
        _COST: _us(said["cpu_seconds"], count),
        "pushes_per_second": round(count / said["wall_seconds"], 1),
        **accounted(service.verdict(), said["tags"]),
    }


def shared_session(place: Path, service: PushService, size: Size) -> dict[str, Any]:
    """`webpush_async` with one session, 200 at once; no rows at all."""
    return _bare("async", place, service, size.paidan, size.warm)


def serial(place: Path, service: PushService, size: Size) -> dict[str, Any]:
    """`webpush()`, one after the other; no rows at all."""
    return _bare("serial", place, service, size.serial, 5)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def _kill(victim: Server) -> None:
    for pid in family(victim.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    victim.process.wait()


CONTENDERS: Mapping[str, Callable[[Path, PushService, Size], dict[str, Any]]] = {
    _OURS: paidan,
    _KILLED: killed,
    _ROWS: bare_rows,
    _ASYNC: shared_session,
    _CELERY: celery,
    _SERIAL: serial,
}


def measure(name: str, size: Size) -> dict[str, Any]:
    """Run one contender beside a push service of its own; return its row."""
    with tempfile.TemporaryDirectory(prefix="push-") as place:
        try:
            with push_service(Path(place), devices=DEVICES, answer_ms=ANSWER_MS) as service:
                return {"who": name, **CONTENDERS[name](Path(place), service, size)}
        except ServerFailed as failure:
            return {"who": name, "unavailable": str(failure)}


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / theirs of CPU per push, and of the wall time per push beside the serial way."""
    by_name = {row["who"]: row for row in rows if "unavailable" not in row}
    found: dict[str, float] = {}
    ours = by_name.get(_OURS)
    if ours is None:
        return found
    for name, peer in (("celery_webpush", _CELERY), ("webpush_async", _ASYNC)):
        if peer in by_name:
            found[name] = round(ours[_COST] / by_name[peer][_COST], 3)
    if _ROWS in by_name:
        found["bare_rows"] = round(ours["row_us"] / by_name[_ROWS]["row_us"], 3)
    if _SERIAL in by_name:
        pace = by_name[_SERIAL]["pushes_per_second"]
        found["serial_wall"] = round(pace / ours["pushes_per_second"], 5)
    return found


def _honest(row: Mapping[str, Any]) -> bool:
    """Whether all was verified; only who is killed may repeat, a little and unseen."""
    if "unavailable" in row or row["lost"] or row["refused"] or row["visible_twice"]:
        return False
    if row["who"] == _KILLED:
        return bool(row["duplicates_per_kill"] <= row["in_flight_and_a_flush"])
    return not row["duplicates"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("push", __doc__, quick="fewer pushes")
    options = parser.parse_args(arguments)
    rows = []
    for name in chosen(CONTENDERS, options):
        rows.append(measure(name, QUICK if options.quick else FULL))
        tell(rows[-1:])
    findings = Findings(
        question="push",
        rows=rows,
        ratios=ratios(rows),
        ok=all(map(_honest, rows)),
        quick=options.quick,
    )
    costs = {row["who"]: row[_COST] for row in rows if _COST in row and row["who"] != _SERIAL}
    paces = {row["who"]: row["pushes_per_second"] for row in rows if "pushes_per_second" in row}
    charts = [
        Bars(title="From rows to verified", unit="CPU us per push (less is better)", values=costs),
        Bars(
            title=f"Answers after {ANSWER_MS:.0f} ms",
            unit="ms per push on the wall (less is better)",
            values={who: 1000 / pace for who, pace in paces.items()},
        ),
    ]
    publish(findings, charts, folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
