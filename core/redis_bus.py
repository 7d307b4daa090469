"""The bell on Redis connections of its own, when the channel layer is Redis pub/sub.

What is on the wire is the layer's: its channel names, its format. On our side of it the layer's
`receive` costs 105 us of CPU a message: a timer, five coroutines and a queue between the socket
and us. Heard by `RedisEar` a message costs 29 us, 20 of them the kernel's for waking the process,
and an idle process is not woken ten times a second. Its `group_send` costs 145 to 190 us, as it
waits for an answer that is of no use to anybody; `RedisMouth` costs 40 to 47 us.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

import hiredis
from redis.asyncio import ConnectionPool


Take = Callable[[dict[str, Any]], None]
Joined = Callable[[], None]

PING_SECONDS: Final = 10.0
"""How often Redis is asked for a sign of life; without one until the next, it is left."""
ASK_SECONDS: Final = 1.0
SAY_SECONDS: Final = 5.0
"""How long Redis may take to accept a message, before the connection is given up with it."""


def _packed(*command: Any) -> bytes:
    packed: bytes = hiredis.pack_command(command)
    return packed


_PING: Final = _packed("PING")
_SKIP: Final = _packed("CLIENT", "REPLY", "SKIP")
"""Redis does not answer the next command: an answer would wake the process once more."""


class _Line(asyncio.Protocol):
    """One connection to the Redis at `url`, which carries the messages of `layer`."""

    def __init__(self, layer: Any, url: str) -> None:
        """Connect to nothing yet."""
        self._layer = layer
        self._url = url
        self._reader = hiredis.Reader()
        self._connection: Any = None
        self._transport: asyncio.Transport | None = None

    async def open(self) -> asyncio.Transport:
        """Connect; redis-py does it (TLS, password), and from there on the connection is ours.

        :raises Exception: whatever `redis` makes of a failure.
        """
        await self.hang_up()
        pool = ConnectionPool.from_url(self._url)
        self._connection = pool.make_connection()  # type: ignore[no-untyped-call]
        await self._connection.connect()
        self._reader = hiredis.Reader()
        self._transport = transport = self._connection._writer.transport  # noqa: SLF001
        transport.set_protocol(self)
        return cast("asyncio.Transport", transport)

    async def hang_up(self) -> None:
        """Leave the connection, if there is one."""
        connection, self._connection, self._transport = self._connection, None, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            self.answered(answer)

    def answered(self, answer: Any) -> None:
        """Take one answer of Redis."""

    def channel(self, group: str) -> str:
        """Return the name that the layer gives a group's channel."""
        return cast("str", self._layer._get_group_channel_name(group))  # noqa: SLF001  the one place


class RedisMouth(_Line):
    """A connection that publishes. Once a second Redis has to say that it has taken a message."""

    def __init__(self, layer: Any, url: str) -> None:
        """Connect when there is something to say."""
        super().__init__(layer, url)
        self._ask_at = 0.0
        self._taken: asyncio.Future[None] | None = None

    async def say(self, messages: Mapping[str, dict[str, Any]]) -> None:
        """Publish a message to each group, all in one write.

        :raises Exception: Redis refused, was slow or could not be reached; how much it has taken
            is not known then. Use another `RedisMouth` afterwards.
        """
        said = [self._published(group, message) for group, message in messages.items()]
        transport, loop = self._transport, asyncio.get_running_loop()
        is_clear = transport is not None and not transport.get_write_buffer_size()
        if transport is not None and is_clear and loop.time() < self._ask_at:
            transport.write(_SKIP + _SKIP.join(said))
            return
        try:
            async with asyncio.timeout(SAY_SECONDS):
                transport = transport or await self.open()
                self._taken = loop.create_future()
                transport.write(_SKIP.join(said))
                await self._taken
        except BaseException:
            await self.hang_up()
            raise
        self._ask_at = loop.time() + ASK_SECONDS

    def answered(self, answer: Any) -> None:
        self._end(answer if isinstance(answer, Exception) else None)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._end(error or ConnectionResetError())

    def _end(self, error: Exception | None) -> None:
        taken = self._taken
        if taken is None or taken.done():
            return
        if error is None:
            taken.set_result(None)
        else:
            taken.set_exception(error)

    def _published(self, group: str, message: dict[str, Any]) -> bytes:
        return _packed("PUBLISH", self.channel(group), self._layer.serialize(message))


class RedisEar(_Line):
    """One connection that is subscribed to the groups of this process."""

    def __init__(self, layer: Any, url: str, take: Take, joined: Joined = lambda: None) -> None:
        """Hand every message of `layer`, whose Redis is at `url`, to `take`: it must not block.

        `joined` is called whenever a group is heard from then on.
        """
        super().__init__(layer, url)
        self._take = take
        self._joined = joined
        self._lost = asyncio.Event()
        self._heard = True

    async def listen(self, groups: Iterable[str]) -> None:
        """Connect, join what `groups` holds by then, and stay.

        :raises Exception: the connection failed or was lost; whatever `redis` makes of it.
        """
        try:
            transport = await self.open()
            for group in groups:
                self.join(group)
            await self._stay(transport)
        finally:
            await self.hang_up()

    def join(self, group: str) -> None:
        """Hear what is rung for `group`, too; without a connection, `listen` will see to it."""
        if self._transport is not None:
            self._transport.write(_packed("SUBSCRIBE", self.channel(group)))

    def answered(self, answer: Any) -> None:
        self._heard = True
        if isinstance(answer, list) and answer[0] == b"message":
            self._take(self._layer.deserialize(answer[2]))
        elif isinstance(answer, list) and answer[0] == b"subscribe":
            self._joined()

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost.set()

    async def _stay(self, transport: asyncio.Transport) -> None:
        while self._heard and not self._lost.is_set():
            self._heard = False
            transport.write(_PING)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), PING_SECONDS)
        raise ConnectionResetError
