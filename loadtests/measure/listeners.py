"""The load generator's listening half: a process that holds many sockets and counts events.

It reads one JSON line (conversations and the number of events each socket must get), says
`ready`, and answers every further line with a report of what has arrived so far.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from loadtests.measure.processes import PYTHON, ROOT, dies_with_us, stop
from loadtests.measure.websocket import Conversation, Expectation, Socket, open_socket


_CONNECTING_AT_ONCE = 20


@dataclass(frozen=True)
class Report:
    """Sums over every socket."""

    delivered: int
    expected: int
    duplicates: int
    out_of_order: int
    closed: list[str]
    p50_ms: float
    p99_ms: float

    @property
    def lost(self) -> int:
        return self.expected - self.delivered


class Listeners:
    """The parent's handle on a listening process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or b"{}")
        return answer

    def open(self, talks: Sequence[Conversation], expectation: Expectation) -> None:
        """Connect every socket.

        :raises ConnectionError: when one of them is refused.
        """
        order = {"talks": [asdict(talk) for talk in talks], **asdict(expectation)}
        answer = self._ask(json.dumps(order))
        if not answer.get("ready"):
            raise ConnectionError(answer.get("error", "the listeners ended"))

    def report(self) -> Report:
        return Report(**self._ask("report"))

    def _delivered(self) -> int:
        return int(self._ask("count")["delivered"])

    def wait_for(self, delivered: int, *, patience_seconds: float = 5) -> Report:
        """Wait until so many events arrived, or until nothing has arrived for a while."""
        last_news, so_far = time.monotonic(), self._delivered()
        while so_far < delivered and time.monotonic() - last_news < patience_seconds:
            time.sleep(0.1)
            latest = self._delivered()
            if latest > so_far:
                last_news = time.monotonic()
            so_far = latest
        return self.report()


@contextmanager
def listeners() -> Iterator[Listeners]:
    process = subprocess.Popen(
        dies_with_us([PYTHON, "-m", "loadtests.measure.listeners"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield Listeners(process)
    finally:
        stop(process)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


async def _connect_all(order: dict[str, Any]) -> list[Socket]:
    expectation = Expectation(events=order["events"], warm_up=order["warm_up"])
    gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def one(talk: dict[str, Any]) -> Socket:
        async with gate:
            client = Socket(Conversation(**talk), expectation)
            await open_socket(client)
            return client

    return await asyncio.gather(*(one(talk) for talk in order["talks"]))


def _summary(sockets: Sequence[Socket]) -> Report:
    tallies = [socket.tally for socket in sockets]
    latencies = sorted(value for tally in tallies for value in tally.latencies_ns)
    at = (lambda share: latencies[int(share * (len(latencies) - 1))] / 1e6) if latencies else None
    return Report(
        delivered=sum(tally.delivered for tally in tallies),
        expected=sum(len(tally.seen) for tally in tallies),
        duplicates=sum(tally.duplicates for tally in tallies),
        out_of_order=sum(tally.out_of_order for tally in tallies),
        closed=sorted({socket.closed_because for socket in sockets if socket.closed_because}),
        p50_ms=round(at(0.50), 2) if at else 0.0,
        p99_ms=round(at(0.99), 2) if at else 0.0,
    )


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


async def main() -> None:
    loop = asyncio.get_running_loop()
    order = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    try:
        sockets = await _connect_all(order)
    except (OSError, TimeoutError) as refusal:
        _say({"error": f"{type(refusal).__name__}: {refusal}"})
        return
    _say({"ready": True})
    while question := await loop.run_in_executor(None, sys.stdin.readline):
        if question.startswith("count"):
            _say({"delivered": sum(socket.tally.delivered for socket in sockets)})
        else:
            _say(asdict(_summary(sockets)))


if __name__ == "__main__":
    uvloop.run(main())
