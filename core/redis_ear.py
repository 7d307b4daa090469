"""Hears the bell straight from a Redis connection, when the channel layer is Redis pub/sub.

`group_send` publishes for everybody, as the channel layer does it. Its `receive`, though, costs
105 us of CPU a message: a timer, five coroutines and a queue between the socket and us. Here a
message costs 29 us, 20 of them the kernel's for waking the process, and an idle process is not
woken ten times a second. What is on the wire is the layer's own: its channel names, its format.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import hiredis
from redis.asyncio import ConnectionPool


Take = Callable[[dict[str, Any]], None]

PING_SECONDS: Final = 10.0
"""How often Redis is asked for a sign of life; without one until the next, it is left."""


def _packed(*command: Any) -> bytes:
    packed: bytes = hiredis.pack_command(command)
    return packed


_PING: Final = _packed("PING")


class RedisEar(asyncio.Protocol):
    """One connection that is subscribed to the groups of this process."""

    def __init__(self, layer: Any, url: str, take: Take) -> None:
        """Hand every message of `layer`, whose Redis is at `url`, to `take`: it must not block."""
        self._layer = layer
        self._url = url
        self._take = take
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self._heard = True

    async def listen(self, groups: Iterable[str]) -> None:
        """Connect, join what `groups` holds by then, and stay.

        :raises Exception: the connection failed or was lost; whatever `redis` makes of it.
        """
        pool = ConnectionPool.from_url(self._url)
        connection: Any = pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            # redis-py opens the connection (TLS, password); from there on it is ours.
            await connection.connect()
            transport: Any = connection._writer.transport  # noqa: SLF001
            transport.set_protocol(self)
            self._transport = transport
            for group in groups:
                self.join(group)
            await self._stay(transport)
        finally:
            self._transport = None
            await connection.disconnect(nowait=True)

    def join(self, group: str) -> None:
        """Hear what is rung for `group`, too; without a connection, `listen` will see to it."""
        if self._transport is not None:
            channel: str = self._layer._get_group_channel_name(group)  # noqa: SLF001  the one place
            self._transport.write(_packed("SUBSCRIBE", channel))

    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            if isinstance(answer, list) and answer[0] == b"message":
                self._take(self._layer.deserialize(answer[2]))

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost.set()

    async def _stay(self, transport: asyncio.Transport) -> None:
        while self._heard and not self._lost.is_set():
            self._heard = False
            transport.write(_PING)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), PING_SECONDS)
        raise ConnectionResetError
