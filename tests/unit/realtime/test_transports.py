"""What a wire makes of a server's own errors."""

from functools import partial
from typing import Any

import pytest
from autobahn.exception import Disconnected

from realtime.transports import Message, wire_of


class ClosedProtocol:
    """A Twisted protocol that has been closed and does not know it yet."""

    def registerProducer(self, producer: object, streaming: bool) -> None:  # noqa: FBT001, N802
        """Take a producer."""

    def unregisterProducer(self) -> None:  # noqa: N802
        """Let the producer go."""


async def _refuse(_protocol: Any, _message: Message) -> None:
    raise Disconnected


class TestDaphneWire:
    async def test_tells_of_a_closed_socket_as_of_any_lost_connection(self) -> None:
        wire = wire_of(partial(_refuse, ClosedProtocol()))
        with pytest.raises(ConnectionError):
            await wire.send({"type": "websocket.send", "text": "{}"})
