"""A cheap client that comes back: it resumes by position, does as it is told, and is patient.

It is what `websocket.Socket` is, plus the few lines of the protocol that a returning client
needs; nothing is parsed that a regular expression can find.
"""

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadtests.measure.websocket import Conversation, Expectation, Socket, Tally


SUBD = re.compile(rb'"epoch":"(\w+)","seq":(\d+),"recovered":(true|false)')
SEQ = re.compile(rb'"seq":(\d+),"key"')
RETRY = re.compile(rb'"retry_ms":(\d+)')
LEAST_SECONDS, MOST_SECONDS = 0.5, 20.0
_WELCOME_SECONDS = 20.0


@dataclass(frozen=True)
class Wish:
    """What one client wants: a topic, at any of the nodes, as somebody."""

    urls: Sequence[str]
    topic: str
    person: str


class Leg(Socket):
    """One connection of a client that has had others before."""

    def __init__(self, client: "Client", talk: Conversation) -> None:
        super().__init__(talk, Expectation(events=0))
        self.tally = client.tally
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._client = client

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.ended.set_result(None)

    def cut(self) -> None:
        transport = getattr(self, "_transport", None)  # none, where nobody listened
        if transport is not None:
            transport.abort()

    def _frame(self, opcode: int, payload: bytes) -> None:
        if payload.startswith(b'{"t":"drain"') and (told := RETRY.search(payload)):
            self._client.told_seconds = int(told[1]) / 1000
        elif payload.startswith(b'{"t":"subd"') and (subd := SUBD.search(payload)):
            self._client.subscribed(subd[1].decode(), int(subd[2]), recovered=subd[3] == b"true")
        super()._frame(opcode, payload)

    def heard(self, payload: bytes) -> None:
        super().heard(payload)
        if seqs := SEQ.findall(payload):
            self._client.seq = int(seqs[-1])


class Client:
    """One device that stays, through any number of connections."""

    def __init__(self, wish: Wish, events: int, ticket: Callable[[str], str]) -> None:
        self.tally = Tally(seen=bytearray(events), warm_up=0)
        self.epoch = ""
        self.seq = 0
        self.told_seconds: float | None = None
        self.is_back = asyncio.Event()
        self.outages: list[float] = []
        self.refused = 0
        self.snapshots = 0
        self._wish = wish
        self._ticket = ticket
        self._tries = 0
        self._attempts = 0
        self._leg: Leg | None = None
        self._left_at: float | None = None

    def cut(self) -> None:
        """Lose the connection, as a dying proxy would have it."""
        if self._leg is not None:
            self._leg.cut()

    def subscribed(self, epoch: str, seq: int, *, recovered: bool) -> None:
        self.epoch = epoch
        if not recovered:
            self.seq = seq
            self.snapshots += 1

    async def stay(self) -> None:
        """Connect, and connect again, until cancelled."""
        while True:
            leg = self._leg = Leg(self, await asyncio.to_thread(self._conversation))
            self.told_seconds = None
            if await self._join(leg):
                self._come_back()
                await leg.ended
                self._left_at = time.monotonic()
                self.is_back.clear()
            leg.cut()
            self.refused += "4029" in leg.closed_because
            await asyncio.sleep(self._pause())

    def _come_back(self) -> None:
        self._tries = 0
        if self._left_at is not None:
            self.outages.append(time.monotonic() - self._left_at)
        self.is_back.set()

    def _pause(self) -> float:
        """As long as the server says, or full jitter that grows with every failure."""
        self._tries += 1
        if self.told_seconds is not None:
            return self.told_seconds
        ceiling = min(MOST_SECONDS, LEAST_SECONDS * 2.0**self._tries)
        return random.uniform(LEAST_SECONDS, ceiling)

    def _conversation(self) -> Conversation:
        # Another node each time, as a load balancer would have it.
        url = self._wish.urls[self._attempts % len(self._wish.urls)]
        self._attempts += 1
        auth = f'{{"t":"auth","ticket":"{self._ticket(self._wish.person)}"}}'
        since = f',"since":{{"epoch":"{self.epoch}","seq":{self.seq}}}' if self.epoch else ""
        sub = f'{{"t":"sub","id":1,"topic":"{self._wish.topic}"{since}}}'
        return Conversation(
            url,
            steps=[("", auth), ('"welcome"', sub), ('"subd"', "")],
            answers={'{"t":"ping"}': '{"t":"pong"}'},
            subprotocol="paidan.v1",
        )

    async def _join(self, leg: Leg) -> bool:
        parts = urlsplit(leg.talk.url)
        try:
            async with asyncio.timeout(_WELCOME_SECONDS):
                await asyncio.get_running_loop().create_connection(
                    lambda: leg, parts.hostname or "127.0.0.1", parts.port or 80
                )
                await leg.ready
        except (OSError, TimeoutError):
            return False
        return True
