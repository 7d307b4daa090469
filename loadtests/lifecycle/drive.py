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

from loadtests.lifecycle.dialects import DIALECTS, Call, Dialect
from loadtests.measure.websocket import Conversation, Expectation, Socket, open_socket


_SOCKETS_PER_BOARD = 2
_PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Plan:
    """Walk so many orders, at most so many at once; paced when a rate is given."""

    dialect: str
    url: str
    shops: Sequence[Mapping[str, Any]]
    orders: int
    at_once: int
    orders_per_second: float = 0.0


@dataclass
class Walked:
    """What happened."""

    transitions: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)
    lost: int = 0
    duplicates: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


@dataclass
class Watch:
    """Compares what was asked for with what the boards showed."""

    asked_at: dict[tuple[str, str], float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    shown: int = 0
    duplicates: int = 0

    def announce(self, order: str, state: str) -> None:
        self.asked_at[order, state] = time.monotonic()

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
        for seen in self._dialect.heard(payload):
            self._watch.duplicates += seen.identity in self._identities
            self._identities.add(seen.identity)
            key = (seen.order, seen.state)
            asked_at = self._watch.asked_at.get(key)
            if asked_at is not None and key not in self._shown:
                self._shown.add(key)
                self._watch.shown += 1
                self._watch.latencies.append(time.monotonic() - asked_at)


class Drive:
    """One run of a plan."""

    def __init__(self, plan: Plan, http: aiohttp.ClientSession) -> None:
        self._plan, self._http = plan, http
        self._watch = Watch()
        self._walked = Walked()
        self._shops = [DIALECTS[plan.dialect](shop) for shop in plan.shops]
        self._gate = asyncio.Semaphore(plan.at_once)

    async def run(self) -> Walked:
        socket_url = self._plan.url.replace("http", "ws", 1)
        for shop in self._shops * _SOCKETS_PER_BOARD:
            talk = await shop.board(self._caller(shop), socket_url)
            await open_socket(BoardSocket(shop, talk, self._watch))
        began = time.monotonic()
        await self._walk_all(began)
        self._walked.seconds = time.monotonic() - began
        await self._settle()
        return self._summary()

    async def _walk_all(self, began: float) -> None:
        walks = []
        for number in range(self._plan.orders):
            if self._plan.orders_per_second:
                due = began + number / self._plan.orders_per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._gate.acquire()
            walks.append(asyncio.create_task(self._walk(number)))
        await asyncio.gather(*walks)

    def _caller(self, shop: Dialect) -> Call:
        async def call(token: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
            headers = {
                "Authorization": f"{shop.token_scheme} {token}",
                "Idempotency-Key": uuid.uuid4().hex,
            }
            url = self._plan.url + path
            async with self._http.post(url, json=body, headers=headers) as answer:
                if answer.status >= 400:
                    raise ConnectionError(f"{path}: {answer.status} {await answer.text()}")
                said: dict[str, Any] = await answer.json()
                return said

        return call

    async def _walk(self, number: int) -> None:
        shop = self._shops[number % len(self._shops)]
        try:
            await shop.walk(self._caller(shop), self._watch.announce)
            self._walked.transitions += shop.transitions
        except (aiohttp.ClientError, ConnectionError) as failure:
            self._walked.failed.append(str(failure)[:300])
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
        latencies = sorted(self._watch.latencies) or [0.0]
        self._walked.lost = self._watch.missing
        self._walked.duplicates = self._watch.duplicates
        self._walked.p50_ms = round(1000 * latencies[len(latencies) // 2], 2)
        self._walked.p99_ms = round(1000 * latencies[int(0.99 * (len(latencies) - 1))], 2)
        self._walked.seconds = round(self._walked.seconds, 2)
        return self._walked


async def main(plan: Plan) -> None:
    connector = aiohttp.TCPConnector(limit=plan.at_once)
    async with aiohttp.ClientSession(connector=connector) as http:
        walked = await Drive(plan, http).run()
    print(json.dumps(asdict(walked)))


if __name__ == "__main__":
    asyncio.run(main(Plan(**json.loads(sys.argv[1]))))
