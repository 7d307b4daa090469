"""Measure how everybody comes back at once: after a cut, through a drain, and after a kill."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from loadtests.avalanche.statements import Statements, logged
from loadtests.fanout.publish import Plan
from loadtests.measure.crowd import Crowd, CrowdProcess, crowd
from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.paidan import Installation, Web, install, web
from loadtests.measure.processes import PYTHON, ROOT, dies_with_us, free_port
from loadtests.measure.results import Bars, Findings, publish
from loadtests.measure.returning import Wish
from tests.services import mariadb, redis


RESULTS = Path(__file__).parent / "results"
PATIENCE_SECONDS = 90.0
DRAIN_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Size:
    """How many clients on how many topics, and what is published while they are away."""

    topics: int
    clients_per_topic: int
    events: int
    events_per_second: float
    drain_seconds: float

    @property
    def clients(self) -> int:
        return self.topics * self.clients_per_topic


FULL = Size(
    topics=200, clients_per_topic=10, events=10, events_per_second=100.0, drain_seconds=20.0
)
QUICK = Size(topics=60, clients_per_topic=5, events=8, events_per_second=40.0, drain_seconds=5.0)
EVENTS = ("cut", "drain", "kill")
"""The kill comes last: it leaves rings empty, and which node fills which is chance."""


class Nodes:
    """Two web processes on fixed ports, which can die and come back there."""

    def __init__(self, installation: Installation, asgi_server: str, stack: ExitStack) -> None:
        self._installation = installation
        self._asgi_server = asgi_server
        self._stack = stack
        self.ports = (free_port(), free_port())
        self._running: dict[int, Web] = {}

    @property
    def urls(self) -> list[str]:
        return [f"ws://127.0.0.1:{port}/ws/v1" for port in self.ports]

    def start(self, which: int) -> None:
        port = self.ports[which]
        self._running[which] = self._stack.enter_context(
            web(self._installation, asgi_server=self._asgi_server, port=port)
        )

    def kill(self, which: int) -> None:
        process = self._running.pop(which).server.process
        process.kill()
        process.wait()

    def drain(self, which: int) -> int:
        """Ask a node to leave and return its exit status once it has."""
        process = self._running.pop(which).server.process
        process.terminate()
        return process.wait(DRAIN_WAIT_SECONDS)

    def cpu_seconds(self, *, but: int | None = None) -> float:
        running = self._running.items()
        return sum(node.server.cpu_seconds() for which, node in running if which != but)


@dataclass
class Scene:
    """Everything that runs during one contender's measurement."""

    size: Size
    installation: Installation
    nodes: Nodes
    people: CrowdProcess
    statements: Statements
    topics: Sequence[str]
    published: int = 0
    down_seconds: float = 0.0
    """How long nobody answered, when last there was a kill."""

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Publish one stretch of events while the block runs, and wait for its end."""
        first, self.published = self.published, self.published + self.size.events
        plan = Plan(
            dialect="paidan",
            address="",
            topics=self.topics,
            first=first,
            last=self.published,
            events_per_second=self.size.events_per_second,
        )
        command = [PYTHON, "-m", "loadtests.fanout.publish", json.dumps(asdict(plan))]
        process = subprocess.Popen(
            dies_with_us(command),
            cwd=ROOT,
            env={**os.environ, **self.installation.environment, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"},
            stdout=subprocess.DEVNULL,
        )
        yield
        if process.wait():
            message = "the publisher failed"
            raise RuntimeError(message)

    def happen(self, event: str) -> float:
        """Let it happen; return the CPU the nodes had used before, as far as they still run."""
        nodes, self.down_seconds = self.nodes, 0.0
        match event:
            case "cut":
                before = nodes.cpu_seconds()
                self.people.cut()
            case "kill":
                nodes.start(0)  # the drain has ended it
                for which in (0, 1):
                    nodes.kill(which)
                before, killed_at = 0.0, time.monotonic()
                for which in (0, 1):
                    nodes.start(which)
                self.down_seconds = time.monotonic() - killed_at
            case _:
                before = nodes.cpu_seconds(but=0)
                if status := nodes.drain(0):
                    message = f"a draining node ended with {status}"
                    raise RuntimeError(message)
        return before


def _row(scene: Scene, who: str, event: str) -> dict[str, Any]:
    people, size = scene.people, scene.size
    people.mark()
    scene.statements.reset()
    # A drain has ended when its node has, so those it sent away are known by being absent.
    leavers = 0 if event == "drain" else size.clients
    with scene.publishing():
        before = scene.happen(event)
    delivered = scene.published * size.clients
    told = people.wait_for(leavers, delivered, seconds=PATIENCE_SECONDS)
    cpu = scene.nodes.cpu_seconds() - before
    return {
        "who": who,
        "event": event,
        "clients": size.clients,
        "topics": size.topics,
        "came_back": told.came_back,
        "lost": delivered - told.delivered,
        "never_back": told.clients - told.connected,
        "duplicates": told.duplicates,
        "out_of_order": told.out_of_order,
        "event_table_reads": scene.statements.event_table_reads(),
        "reads": scene.statements.reads(),
        "snapshots": told.snapshots,
        "refused": told.refused,
        **_seconds(told),
        "down_s": round(scene.down_seconds, 2),
        "cpu_seconds": round(cpu, 2),
    }


def _seconds(told: Crowd) -> dict[str, float]:
    return {"p50_s": told.p50_s, "p99_s": told.p99_s, "most_s": told.most_s}


def measure(asgi_server: str, size: Size) -> Iterator[dict[str, Any]]:
    """Cut, kill and drain one of our servers under load; one row each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="avalanche-")))
        database, bus = stack.enter_context(mariadb()), stack.enter_context(redis())
        installed = install(folder, database_url=database.url, redis_url=bus.url)
        drain = {"PAIDAN_DRAIN_SECONDS": str(size.drain_seconds)}
        installation = replace(installed, environment={**installed.environment, **drain})
        seeded = installation.seed("loadtests.avalanche.seed", size.topics, size.clients_per_topic)
        nodes = Nodes(installation, asgi_server, stack)
        for which in (0, 1):
            nodes.start(which)
        people = stack.enter_context(crowd({**os.environ, **installation.environment}))
        wishes = [
            Wish(urls=_turned(nodes.urls, number), topic=topic, person=person)
            for number, (topic, person) in enumerate(seeded["wishes"])
        ]
        people.open(wishes, events=size.events * len(EVENTS))
        statements = stack.enter_context(logged(database))
        scene = Scene(size, installation, nodes, people, statements, seeded["topics"])
        for event in EVENTS:
            yield _row(scene, f"paidan-{asgi_server}", event)


def _turned(urls: Sequence[str], number: int) -> list[str]:
    """Half of the clients prefer one node, half the other."""
    return list(urls) if number % 2 == 0 else list(reversed(urls))


def _honest(row: Mapping[str, Any]) -> bool:
    """Nobody is lost, nothing is lost; where rings hold, events are not read, else once a node."""
    clean = ("lost", "never_back", "duplicates", "out_of_order", "snapshots")
    reads_allowed = 2 * row["topics"] if row["event"] == "kill" else 0
    return not any(row[count] for count in clean) and row["event_table_reads"] <= reads_allowed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("avalanche", __doc__, quick="fewer clients", of="servers")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    rows = []
    for asgi_server in chosen(("uvicorn", "daphne"), options):
        for row in measure(asgi_server, size):
            rows.append(row)
            tell([row])
    findings = Findings(
        question="avalanche",
        rows=rows,
        ratios={},
        ok=all(map(_honest, rows)),
        quick=options.quick,
    )
    charts = [
        Bars(
            title=f"{size.clients} clients come back",
            unit="seconds away, 99th percentile (less is better)",
            values={f"{row['who']} {row['event']}": row["p99_s"] for row in rows},
        )
    ]
    publish(findings, charts, folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
