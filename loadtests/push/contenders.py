"""The ways to push: ours from rows, Celery's from rows, and bare pywebpush without any."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import MySQLdb
from dj_database_url import parse

from loadtests.measure.paidan import Installation, install
from loadtests.measure.processes import PYTHON, Server, cpu_seconds, server
from loadtests.push.service import VAPID_KEY
from loadtests.push.service_client import PushService
from tests.services import mariadb, redis


CELERY_WORKERS: Final = 4
"""Processes, each waiting for one answer at a time."""
PATIENCE_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Spent:
    """CPU seconds so far."""

    sender: float
    database: float
    service: float
    threads: Mapping[int, float]
    """Of each thread of the newest sender."""
    at: float
    """On the wall clock."""

    def since(self, before: "Spent") -> "Spent":
        """What was spent between two readings."""
        return Spent(
            self.sender - before.sender,
            self.database - before.database,
            self.service - before.service,
            {tid: cpu - before.threads.get(tid, 0.0) for tid, cpu in self.threads.items()},
            self.at - before.at,
        )

    @property
    def beside_the_loop(self) -> float:
        """Of a sender's threads but the busiest, which sends: what its rows cost."""
        return sum(sorted(self.threads.values())[:-1])


@dataclass
class Stage:
    """One contender that sends from rows, at rest."""

    service: PushService
    installation: Installation
    database_url: str
    database_pid: int
    senders: list[Server] = field(default_factory=list)

    def spent(self) -> Spent:
        return Spent(
            sum(each.cpu_seconds() for each in self.senders),
            cpu_seconds(self.database_pid),
            self.service.server.cpu_seconds(),
            _threads(self.senders[-1].process.pid),
            time.time(),
        )

    def count(self, question: str) -> int:
        """Ask the database how many there are."""
        found = parse(self.database_url)
        link: Any = MySQLdb.connect(
            host=found["HOST"], port=int(found["PORT"]), user=found["USER"], database=found["NAME"]
        )
        with link, link.cursor() as cursor:
            cursor.execute(question)
            return int(cursor.fetchone()[0])


def _threads(pid: int) -> dict[int, float]:
    """CPU seconds of each living thread of a process."""
    found = {}
    for entry in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            nanoseconds = (entry / "schedstat").read_text(encoding="ascii").split()[0]
            found[int(entry.name)] = int(nanoseconds) / 1e9
    return found


@dataclass(frozen=True)
class Way:
    """How one contender is made to send, and asked whether it is done."""

    seeding: Sequence[str]
    """Module and arguments that make COUNT messages due; it prints their tags."""
    open_question: str
    """SQL whose answer is 0 when nothing is open."""


def seeded(stage: Stage, way: Way, count: int, *, lead_seconds: float = 0.0) -> dict[str, Any]:
    """Make `count` messages due, after `lead_seconds` where the contender knows such a thing."""
    known = {"count": count, "pid": stage.database_pid, "lead": lead_seconds}
    module, *arguments = way.seeding
    said: dict[str, Any] = stage.installation.seed(
        module, *(each.format(**known) for each in arguments)
    )
    return said


def finish(stage: Stage, way: Way) -> None:
    """Wait until nothing is open.

    :raises ServerFailed: after two minutes.
    """
    stage.senders[-1].wait_until(
        lambda: stage.count(way.open_question) == 0, seconds=PATIENCE_SECONDS
    )


def paidan_way() -> Way:
    return Way(
        seeding=("loadtests.push.seed", "pushes", "{count}", "{pid}", "{lead}"),
        open_question=(
            # One step into the index: to count them all would cost more than to send them.
            "SELECT EXISTS (SELECT 1 FROM notifications_delivery WHERE lane = 'service'"
            " AND channel = 'push' AND state IN ('pending', 'leased', 'retrying'))"
        ),
    )


def celery_way(service: PushService) -> Way:
    return Way(
        seeding=("loadtests.peers.push_seed", str(service.subscriptions), "{count}"),
        open_question=(
            "SELECT COUNT(*) FROM textbook_pushmessage WHERE status IN ('pending', 'sending')"
        ),
    )


@contextmanager
def sender(stage: Stage) -> Iterator[Server]:
    """Our sender, as an operator starts it; it joins the stage."""
    name = f"sender-{len(stage.senders)}"
    command = [PYTHON, "manage.py", "sender", "--lane", "service"]
    made = stage.installation
    with server(name, command, folder=made.folder, environment=made.environment) as process:
        stage.senders.append(process)
        yield process


@contextmanager
def paidan(folder: Path, service: PushService) -> Iterator[Stage]:
    """Our tables and people, without a sender yet."""
    with mariadb() as database, redis() as bus:
        made = install(folder, database_url=database.url, redis_url=bus.url)
        made.environment.update(
            PAIDAN_SANDBOX_URL=service.url,
            PAIDAN_SANDBOX_CA_FILE=str(service.authority.ca_file),
            PAIDAN_VAPID_PRIVATE_KEY=VAPID_KEY,
        )
        made.seed("loadtests.push.seed", "people", service.subscriptions)
        yield Stage(service, made, database.url, database.pid or 0)


@contextmanager
def celery(folder: Path, service: PushService) -> Iterator[Stage]:
    """The textbook's tables, and a worker of some processes."""
    with mariadb() as database, redis() as bus:
        made = Installation(
            folder=folder,
            environment={
                "DATABASE_URL": database.url,
                "REDIS_URL": bus.url,
                "DJANGO_SETTINGS_MODULE": "loadtests.peers.textbook.settings",
                "PUSH_KEY": VAPID_KEY,
                "REQUESTS_CA_BUNDLE": str(service.authority.ca_file),
            },
        )
        made.run("-m", "django", "migrate", "--verbosity", "0")
        command = [
            *(PYTHON, "-m", "celery", "-A", "loadtests.peers.push_celery", "worker"),
            *("--concurrency", str(CELERY_WORKERS), "--loglevel", "WARNING"),
        ]
        with server("celery", command, folder=folder, environment=made.environment) as process:
            yield Stage(service, made, database.url, database.pid or 0, [process])


def bare(
    how: str, folder: Path, service: PushService, *, count: int, warm: int
) -> Mapping[str, Any]:
    """Run pywebpush without rows, serially or many at once; return what it says."""
    environment = {"REQUESTS_CA_BUNDLE": str(service.authority.ca_file)}
    said = Installation(folder, environment).run(
        *("-m", "loadtests.peers.pywebpush_peer", how, str(service.subscriptions), VAPID_KEY),
        *(str(count), str(warm)),
    )
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found
