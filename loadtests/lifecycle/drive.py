"""The load generator: a process that walks whole orders over HTTP and watches the boards.

Usage: `python -m loadtests.lifecycle.drive PLAN`, where PLAN is the JSON of a `Plan`; the last
line is the JSON of a `Walked`. Its CPU is nobody's.
"""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp

from loadtests.lifecycle.command_sockets import CommandSockets
from loadtests.lifecycle.commits import Commits
from loadtests.lifecycle.dialects import DIALECTS, Dialect, Seen
from loadtests.measure.processes import cpu_seconds
from loadtests.measure.websocket import Conversation, Expectation, Socket, open_socket


_SOCKETS_PER_BOARD = 2
_PATIENCE_SECONDS = 5
_COURIER_SECONDS = 60
_TRY_AGAIN = 503
_ATTEMPTS = 6
_RETRY_SECONDS = 0.05


@dataclass(frozen=True)
class Plan:
    """Walk so many orders, at most so many at once; paced when a rate is given."""

    dialect: str
    url: str
    shops: Sequence[Mapping[str, Any]]
    orders: int
    at_once: int
    web_pid: int
    orders_per_second: float = 0.0
    bus_url: str = ""
    """Where to hear of COMMITs, to measure from them."""


@dataclass
class Walked:
    """What happened."""

    transitions: int = 0
    seconds: float = 0.0
    web_cpu_seconds: float = 0.0
    """Of the web process, from the first request until the boards have shown everything."""
    failed: list[str] = field(default_factory=list)
    lost: int = 0
    duplicates: int = 0
    retried: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    commit_p50_ms: float = 0.0
    commit_p99_ms: float = 0.0
    commits: int = 0
    """Frames whose COMMIT was heard of."""


@dataclass
class Watch:
    """Compares what was asked for with what the boards showed."""

    asked_at: dict[tuple[str, str], float] = field(default_factory=dict)
    views: dict[tuple[str, str], asyncio.Future[Mapping[str, Any]]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    arrivals: list[tuple[Hashable, float]] = field(default_factory=list)
    """Every fact on every socket, and the wall time at which it came."""
    shown: int = 0
    duplicates: int = 0
    retried: int = 0

    def view_of(self, order: str, state: str) -> asyncio.Future[Mapping[str, Any]]:
        """Return what will hold an order's view once a board has shown it in a state."""
        key = (order, state)
        if key not in self.views:
            self.views[key] = asyncio.get_running_loop().create_future()
        return self.views[key]

    def show(self, seen: Seen) -> None:
        for state in seen.states:
            if not (view := self.view_of(seen.order, state)).done():
                view.set_result(seen.view)

    @property
    def missing(self) -> int:
        return len(self.asked_at) * _SOCKETS_PER_BOARD - self.shown


class BoardSocket(Socket):
    """A board that looks for the announced states."""

    def __init__(self, dialect: Dialect, talk: Conversation, watch: Watch) -> None:
        super().__init__(talk, Expectation(events=0))
        self._dialect, self._watch = dialect, watch
        self._identities: set[Hashable] = set()
        self._shown: set[tuple[str, str]] = set()

    def heard(self, payload: bytes) -> None:
        now = time.time()
        for seen in self._dialect.heard(payload):
            self._watch.duplicates += seen.identity in self._identities
            self._identities.add(seen.identity)
            self._watch.arrivals.append((seen.identity, now))
            self._watch.show(seen)
            for state in seen.states:
                self._note((seen.order, state))

    def _note(self, key: tuple[str, str]) -> None:
        asked_at = self._watch.asked_at.get(key)
        if asked_at is not None and key not in self._shown:
            self._shown.add(key)
            self._watch.shown += 1
            self._watch.latencies.append(time.monotonic() - asked_at)


@dataclass(frozen=True)
class ClientHands:
    """What a walk may do, over HTTP and with the boards' eyes."""

    url: str
    token_scheme: str
    http: aiohttp.ClientSession
    watch: Watch
    sockets: CommandSockets

    async def call(self, token: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST and return the answer's body; try again when told to, with the same key.

        :raises ConnectionError: when it is refused for good.
        """
        headers = {
            "Authorization": f"{self.token_scheme} {token}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        for attempt in range(_ATTEMPTS):
            async with self.http.post(self.url + path, json=body, headers=headers) as answer:
                if answer.status < 400:
                    said: dict[str, Any] = await answer.json()
                    return said
                refusal = f"{path}: {answer.status} {await answer.text()}"
            if answer.status != _TRY_AGAIN:
                break
            self.watch.retried += 1
            await asyncio.sleep(_RETRY_SECONDS * (attempt + 1))
        raise ConnectionError(refusal)

    async def command(self, token: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Give a command over the person's socket; try again when told to, with the same key.

        :raises ConnectionError: when it is refused for good.
        """
        key = uuid.uuid4().hex
        said: dict[str, Any] = {}
        for attempt in range(_ATTEMPTS):
            said = await self.sockets.of(token).give(name, arguments, key=key)
            if said["t"] == "ok":
                answer: dict[str, Any] = said["d"]
                return answer
            if not said["retry"]:
                break
            self.watch.retried += 1
            await asyncio.sleep(_RETRY_SECONDS * (attempt + 1))
        raise ConnectionError(f"{name}: {said}")

    def announce(self, order: str, state: str) -> None:
        self.watch.asked_at[order, state] = time.monotonic()

    async def shown(self, order: str, state: str) -> Mapping[str, Any]:
        return await asyncio.wait_for(self.watch.view_of(order, state), _COURIER_SECONDS)


class Drive:
    """One run of a plan."""

    def __init__(self, plan: Plan, http: aiohttp.ClientSession) -> None:
        self._plan, self._http = plan, http
        self._watch = Watch()
        self._walked = Walked()
        self._shops = [DIALECTS[plan.dialect](shop) for shop in plan.shops]
        self._gate = asyncio.Semaphore(plan.at_once)
        self._socket_url = plan.url.replace("http", "ws", 1)
        self._sockets = CommandSockets(self._socket_url, self._ticket_for)

    async def run(self) -> Walked:
        commits = Commits(self._plan.bus_url) if self._plan.bus_url else None
        if commits:
            await commits.listen()
        await self._open_sockets()
        began, cpu = time.monotonic(), cpu_seconds(self._plan.web_pid)
        await self._walk_all(began)
        self._walked.seconds = time.monotonic() - began
        await self._settle()
        self._walked.web_cpu_seconds = cpu_seconds(self._plan.web_pid) - cpu
        if commits:
            self._note_commits(commits.delays(self._watch.arrivals))
            await commits.close()
        return self._summary()

    async def _open_sockets(self) -> None:
        for shop in self._shops * _SOCKETS_PER_BOARD:
            talk = await shop.board(self._hands(shop), self._socket_url)
            await open_socket(BoardSocket(shop, talk, self._watch))
            for token in shop.speakers():
                await self._sockets.open(token)

    async def _ticket_for(self, token: str) -> str:
        hands = self._hands(self._shops[0])
        return str((await hands.call(token, "/api/v1/realtime/ticket", {}))["ticket"])

    def _note_commits(self, delays: list[float]) -> None:
        self._walked.commits = len(delays)
        self._walked.commit_p50_ms, self._walked.commit_p99_ms = _percentiles_ms(delays)

    async def _walk_all(self, began: float) -> None:
        walks = []
        for number in range(self._plan.orders):
            if self._plan.orders_per_second:
                due = began + number / self._plan.orders_per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._gate.acquire()
            walks.append(asyncio.create_task(self._walk(number)))
        await asyncio.gather(*walks)

    def _hands(self, shop: Dialect) -> ClientHands:
        scheme = shop.token_scheme
        return ClientHands(self._plan.url, scheme, self._http, self._watch, self._sockets)

    async def _walk(self, number: int) -> None:
        shop = self._shops[number % len(self._shops)]
        try:
            await shop.walk(self._hands(shop))
            self._walked.transitions += shop.transitions
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as failure:
            self._walked.failed.append(f"{type(failure).__name__}: {failure}"[:400])
        finally:
            self._gate.release()

    async def _settle(self) -> None:
        """Wait for the last frames, for as long as frames keep coming."""
        shown, end = -1, 0.0
        while self._watch.missing and (self._watch.shown > shown or time.monotonic() < end):
            if self._watch.shown > shown:
                shown, end = self._watch.shown, time.monotonic() + _PATIENCE_SECONDS
            await asyncio.sleep(0.05)

    def _summary(self) -> Walked:
        self._walked.lost = self._watch.missing
        self._walked.duplicates = self._watch.duplicates
        self._walked.retried = self._watch.retried
        latencies = self._watch.latencies
        self._walked.p50_ms, self._walked.p99_ms = _percentiles_ms(latencies)
        self._walked.seconds = round(self._walked.seconds, 2)
        return self._walked


def _percentiles_ms(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile in milliseconds."""
    ordered = sorted(seconds) or [0.0]
    middle, high = len(ordered) // 2, int(0.99 * (len(ordered) - 1))
    return round(1000 * ordered[middle], 2), round(1000 * ordered[high], 2)


async def main(plan: Plan) -> None:
    connector = aiohttp.TCPConnector(limit=plan.at_once)
    async with aiohttp.ClientSession(connector=connector) as http:
        walked = await Drive(plan, http).run()
    print(json.dumps(asdict(walked)))


if __name__ == "__main__":
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
