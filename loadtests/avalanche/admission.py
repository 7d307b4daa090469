"""Measure what the rate at which newcomers are let in costs them, and spares the others.

Usage: `python -m loadtests.avalanche.admission`

One node; everybody but a few is cut off at once and comes back with nothing missed. The few have
stayed, and each event that they get meanwhile tells how long it took.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from loadtests.fanout.contenders import subscription
from loadtests.fanout.publish import Plan
from loadtests.measure.crowd import crowd
from loadtests.measure.listeners import Report, listeners
from loadtests.measure.paidan import Installation, install, web
from loadtests.measure.processes import PYTHON, ROOT, dies_with_us
from loadtests.measure.results import Bars, Findings, publish
from loadtests.measure.returning import Wish
from loadtests.measure.websocket import Expectation
from tests.services import mariadb, redis


RESULTS = Path(__file__).parent / "results" / "admission"
CLIENTS_PER_TOPIC, TOPICS = 20, 100
STAYING_TOPICS = 20
EVENTS, EVENTS_PER_SECOND = 30, 50.0
"""Of each topic that is followed by those who stay: 12 s in all, which the storm falls into."""
BEFORE_SECONDS = 3.0
"""From the publisher's start to the cut."""
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class Rate:
    """How many are let in a second, and how many at once before that counts."""

    per_second: float
    burst: int

    def __str__(self) -> str:
        return f"{self.per_second:.0f}/s, {self.burst} at once"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PAIDAN_HANDSHAKES_PER_SECOND": str(self.per_second),
            "PAIDAN_HANDSHAKE_BURST": str(self.burst),
        }


RATES = (Rate(1_000_000, 1_000_000), Rate(300, 1000), Rate(300, 100), Rate(100, 100))


def measure(rate: Rate, asgi_server: str) -> dict[str, Any]:
    """Cut everybody off who does not stay; return what it was like for both."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="admission-")))
        database, bus = stack.enter_context(mariadb()), stack.enter_context(redis())
        installed = install(folder, database_url=database.url, redis_url=bus.url)
        installation = replace(installed, environment=installed.environment | rate.environment)
        node = stack.enter_context(web(installation, asgi_server=asgi_server))
        stays = installation.seed("loadtests.measure.seed", "tickets", STAYING_TOPICS, 1)
        staying = stack.enter_context(listeners())
        staying.open(
            [
                subscription(node.socket_url, topic=topic, ticket=ticket)
                for topic, ticket in stays["subscriptions"]
            ],
            Expectation(events=EVENTS),
        )
        seeded = installation.seed("loadtests.avalanche.seed", TOPICS, CLIENTS_PER_TOPIC)
        people = stack.enter_context(crowd({**os.environ, **installation.environment}))
        wishes = [Wish(urls=[node.socket_url], topic=t, person=p) for t, p in seeded["wishes"]]
        people.open(wishes, events=0)
        people.mark()
        publisher = _publishing(installation, stays["topics"])
        time.sleep(BEFORE_SECONDS)
        cpu = node.server.cpu_seconds()
        people.cut()
        told = people.wait_for(len(wishes), 0, seconds=PATIENCE_SECONDS)
        cpu = node.server.cpu_seconds() - cpu
        publisher.wait()
        others: Report = staying.wait_for(EVENTS * STAYING_TOPICS)
    return {
        "who": str(rate),
        "clients": told.clients,
        "came_back": told.came_back,
        "never_back": told.clients - told.connected,
        "refused": told.refused,
        "p50_s": told.p50_s,
        "p99_s": told.p99_s,
        "most_s": told.most_s,
        "cpu_seconds": round(cpu, 2),
        "others_lost": others.lost,
        "others_p50_ms": others.p50_ms,
        "others_p99_ms": others.p99_ms,
    }


def _publishing(installation: Installation, topics: Sequence[str]) -> subprocess.Popen[bytes]:
    plan = Plan(
        dialect="paidan",
        address="",
        topics=topics,
        first=0,
        last=EVENTS,
        events_per_second=EVENTS_PER_SECOND,
    )
    return subprocess.Popen(
        dies_with_us([PYTHON, "-m", "loadtests.fanout.publish", json.dumps(asdict(plan))]),
        cwd=ROOT,
        env={**os.environ, **installation.environment, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"},
        stdout=subprocess.DEVNULL,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="loadtests.avalanche.admission", description=__doc__)
    parser.add_argument("--server", default="uvicorn", choices=["uvicorn", "daphne"])
    options = parser.parse_args(arguments)
    rows = []
    for rate in RATES:
        rows.append(measure(rate, options.server))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    findings = Findings(
        question="admission",
        rows=rows,
        ratios={},
        ok=not any(row["never_back"] or row["others_lost"] for row in rows),
        quick=False,
    )
    charts = [
        Bars(title=title, unit=unit, values={row["who"]: row[key] for row in rows})
        for title, unit, key in (
            ("Those who come back", "seconds away, 99th percentile", "p99_s"),
            ("Those who have stayed", "ms to an event, 99th percentile", "others_p99_ms"),
        )
    ]
    RESULTS.parent.mkdir(exist_ok=True)
    publish(findings, charts, RESULTS)
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
