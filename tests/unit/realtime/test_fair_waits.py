"""Who is late: the peer, or the process that waits for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from core.people.models import Person
from realtime.codes import NO_AUTH, OVERLOAD
from realtime.connection import Connection
from realtime.fair_waits import AT_MOST, LATE, STEPS, PeerIsLate, WeAreLate, wait_fairly
from realtime.hub import Hub, Limits
from realtime.visitors import Known
from tests.unit.realtime.wires import PatientWire


AUTH = {"type": "websocket.receive", "text": '{"t":"auth","ticket":"good"}'}
LEFT = {"type": "websocket.disconnect"}
SECONDS = 0.4


def block(step: float) -> None:
    """Keep the loop from being on time for as long as it runs."""
    time.sleep(step)
    asyncio.get_running_loop().call_soon(block, step)


class Peer:
    """A socket whose frames a test delivers; everybody is let in who has a ticket."""

    def __init__(self) -> None:
        self.hub = Hub(Limits(auth_seconds=SECONDS))
        self.hub.arrivals.visitor = _anybody  # type: ignore[method-assign,assignment]
        self.wire = PatientWire()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def send(self, message: dict[str, Any]) -> None:
        self._inbox.put_nowait(message)

    async def served(self) -> None:
        """Serve the socket until it has been sent something, and then leave it."""
        run = Connection(self.hub, self.wire).run(self._inbox.get, known=None)
        serving = asyncio.create_task(run)
        async with asyncio.timeout(60):
            await self.wire.used.wait()
            self.send(LEFT)
            await serving


async def _anybody(_ticket: str) -> Known:
    return Known(Person(pk=uuid4()))


class TestConnection:
    async def test_takes_a_frame_that_lay_unread_while_the_loop_was_blocked(self) -> None:
        peer, loop = Peer(), asyncio.get_running_loop()

        def starve() -> None:
            time.sleep(2 * SECONDS)
            loop.call_later(SECONDS / STEPS / 2, peer.send, AUTH)

        loop.call_later(SECONDS / 4, starve)
        await peer.served()
        assert '"t":"welcome"' in peer.wire.texts[0]
        assert peer.wire.codes == []

    async def test_ends_for_good_when_nothing_comes(self) -> None:
        peer = Peer()
        await peer.served()
        assert peer.wire.codes == [NO_AUTH]

    async def test_sends_the_peer_away_for_a_while_when_it_is_starved_itself(self) -> None:
        peer = Peer()
        asyncio.get_running_loop().call_soon(block, SECONDS / STEPS * LATE * 2)
        await peer.served()
        assert '"t":"drain"' in peer.wire.texts[0]
        assert peer.wire.codes == [OVERLOAD]


class TestWait:
    async def test_returns_what_comes(self) -> None:
        assert await wait_fairly(asyncio.sleep(0, "it"), seconds=SECONDS) == "it"

    async def test_raises_what_fails(self) -> None:
        async def fail() -> None:
            raise LookupError

        with pytest.raises(LookupError):
            await wait_fairly(fail(), seconds=SECONDS)

    @pytest.mark.parametrize("whose", [PeerIsLate, asyncio.CancelledError])
    async def test_leaves_nothing_behind(self, whose: type[BaseException]) -> None:
        ended = asyncio.Event()
        waiting = asyncio.create_task(wait_fairly(_forever(ended.set), seconds=SECONDS))
        await asyncio.sleep(0)
        if whose is asyncio.CancelledError:
            await asyncio.sleep(0.01)
            waiting.cancel()
        with pytest.raises(whose):
            await waiting
        assert ended.is_set()

    async def test_ends_at_last(self) -> None:
        began_at = time.monotonic()
        asyncio.get_running_loop().call_soon(block, SECONDS / STEPS * LATE * 2)
        with pytest.raises(WeAreLate):
            await wait_fairly(asyncio.sleep(3600), seconds=SECONDS)
        assert time.monotonic() - began_at >= SECONDS * AT_MOST


async def _forever(when_ended: Callable[[], None]) -> None:
    never: Awaitable[None] = asyncio.get_running_loop().create_future()
    try:
        await never
    finally:
        when_ended()
