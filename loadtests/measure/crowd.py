"""The load generator's patient half: a process of clients that come back, however they are cut.

It reads one JSON line (who wants what, and how many events each must get), says `ready` once all
are connected, and obeys further lines: `mark` forgets outages, `cut` drops every connection,
`report` tells.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from uuid import UUID

import django
import uvloop

from loadtests.measure.processes import PYTHON, ROOT, dies_with_us, stop
from loadtests.measure.returning import Client, Wish


_CONNECTING_AT_ONCE = 20
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Crowd:
    """Sums over every client; outages and refusals since the last mark."""

    clients: int
    connected: int
    came_back: int
    delivered: int
    expected: int
    duplicates: int
    out_of_order: int
    refused: int
    snapshots: int
    p50_s: float
    p99_s: float
    most_s: float


class CrowdProcess:
    """The parent's handle on a crowd."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or b"{}")
        return answer

    def open(self, wishes: Sequence[Wish], *, events: int) -> None:
        """Connect every client for the first time.

        :raises ConnectionError: when the crowd has ended.
        """
        order = {"wishes": [asdict(wish) for wish in wishes], "events": events}
        if not self._ask(json.dumps(order)).get("ready"):
            raise ConnectionError("the crowd ended")

    def mark(self) -> None:
        self._ask("mark")

    def cut(self) -> None:
        self._ask("cut")

    def report(self) -> Crowd:
        return Crowd(**self._ask("report"))

    def wait_for(self, came_back: int, delivered: int, *, seconds: float) -> Crowd:
        """Wait until so many came back, all are there and so much has arrived, or time is up."""
        give_up_at = time.monotonic() + seconds
        while True:
            crowd = self.report()
            whole = crowd.connected == crowd.clients and crowd.delivered >= delivered
            if (whole and crowd.came_back >= came_back) or time.monotonic() > give_up_at:
                return crowd
            time.sleep(_POLL_SECONDS)


@contextmanager
def crowd(environment: Mapping[str, str]) -> Iterator[CrowdProcess]:
    process = subprocess.Popen(
        dies_with_us([PYTHON, "-m", "loadtests.measure.crowd"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=dict(environment),
    )
    try:
        yield CrowdProcess(process)
    finally:
        stop(process)


async def _connect_all(clients: Sequence[Client]) -> list[asyncio.Task[None]]:
    gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def first(client: Client) -> asyncio.Task[None]:
        async with gate:
            task = asyncio.create_task(client.stay())
            await client.is_back.wait()
            return task

    return await asyncio.gather(*map(first, clients))


def _summary(clients: Sequence[Client]) -> Crowd:
    outages = sorted(seconds for client in clients for seconds in client.outages)
    at = (lambda share: round(outages[int(share * (len(outages) - 1))], 2)) if outages else None
    tallies = [client.tally for client in clients]
    return Crowd(
        clients=len(clients),
        connected=sum(client.is_back.is_set() for client in clients),
        came_back=sum(bool(client.outages) for client in clients),
        delivered=sum(tally.delivered for tally in tallies),
        expected=sum(len(tally.seen) for tally in tallies),
        duplicates=sum(tally.duplicates for tally in tallies),
        out_of_order=sum(tally.out_of_order for tally in tallies),
        refused=sum(client.refused for client in clients),
        snapshots=sum(client.snapshots for client in clients),
        p50_s=at(0.5) if at else 0.0,
        p99_s=at(0.99) if at else 0.0,
        most_s=at(1.0) if at else 0.0,
    )


def _mark(clients: Sequence[Client]) -> None:
    for client in clients:
        client.outages.clear()
        client.refused = client.snapshots = 0


def _ticket(person: str) -> str:
    from core.people.models import Person  # noqa: PLC0415 - needs Django's apps
    from realtime.tickets import issue_ticket  # noqa: PLC0415

    return issue_ticket(Person(pk=UUID(person)))


def _say(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def _obey(line: str, clients: Sequence[Client]) -> Mapping[str, Any]:
    match line.strip():
        case "mark":
            _mark(clients)
        case "cut":
            for client in clients:
                client.cut()
        case _:
            return asdict(_summary(clients))
    return {"done": True}


async def main() -> None:
    loop = asyncio.get_running_loop()
    order = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    # A ticket is signed, not stored: asking for it over HTTP is another question.
    make = partial(Client, events=order["events"], ticket=_ticket)
    clients = [make(Wish(**wish)) for wish in order["wishes"]]
    staying = await _connect_all(clients)
    _say({"ready": True})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        _say(_obey(line, clients))
    for task in staying:
        task.cancel()


if __name__ == "__main__":
    django.setup()
    uvloop.run(main())
