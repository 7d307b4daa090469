"""What a wire makes of a server's own errors."""

from functools import partial
from typing import Any

import pytest
from autobahn.exception import Disconnected

from realtime.transports import Message, TextFrame, wire_of


class ClosedProtocol:
    """A Twisted protocol that has been closed and does not know it yet."""

    STATE_OPEN = 3
    state = 0

    def registerProducer(self, producer: object, streaming: bool) -> None:  # noqa: FBT001, N802
        """Take a producer."""

    def unregisterProducer(self) -> None:  # noqa: N802
        """Let the producer go."""


async def _refuse(_protocol: Any, _message: Message) -> None:
    raise Disconnected


async def _fail(_message: Message) -> None:
    raise ConnectionResetError


class TestDaphneWire:
    async def test_says_nothing_into_a_closed_socket(self) -> None:
        wire = wire_of({}, partial(_refuse, ClosedProtocol()))
        wire.put(TextFrame("{}"))
        wire.close(4001)
        assert wire.ready


class TestSendWire:
    async def test_tells_of_a_peer_that_has_left(self) -> None:
        wire = wire_of({}, _fail)
        wire.put(TextFrame("{}"))
        assert not wire.ready
        with pytest.raises(ConnectionError):
            await wire.drain()
