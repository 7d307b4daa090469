"""The bell: tells other threads and processes that something was committed.

It carries news fast and may lose any of it: whoever listens also polls the database. One event
loop per process; `ring` may be called from any thread. What is rung first goes out at once;
what is rung soon after it goes out as one message, in which everybody waits for a few
milliseconds at most.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from core.environment import environment
from core.redis_bus import RedisEar, RedisMouth


log = structlog.get_logger(__name__)

Listener = Callable[[dict[str, Any]], None]
"""Called on the bell's loop with one message; must not block."""

RETRY_SECONDS = 0.5
TICK_SECONDS = 0.005
"""Messages are this far apart; a lone one does not wait."""
BUSY_TICK_SECONDS = 0.01
"""Under load one message in this time: each wakes every web process once, however full it is."""
MAX_WAITING = 10_000
"""Messages kept while the bus is slow; older ones are dropped, as the database has them."""


class Bell:
    """One process's end of the bus."""

    def __init__(self) -> None:
        """Start nothing: the loop is attached or started on first use."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Listener]] = {}
        self._wakers: list[threading.Event] = []
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=MAX_WAITING)
        self._flushing = False
        self._channel: str | None = None
        self._ear: RedisEar | None = None
        self._mouth: RedisMouth | None = None
        self._next_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.lost_count = 0

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use the running `loop` of a web process, so that frames need no thread hop."""
        with self._lock:
            if self._loop is None:
                self._loop = loop

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the bell's loop, starting one in a daemon thread when none was attached."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="bell", daemon=True).start()
            return self._loop

    def is_on(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether `loop` is the one that listeners are called on."""
        return self._loop is loop

    def listen(self, group: str, listener: Listener) -> None:
        """Call `listener` on the bell's loop with each message rung for `group`."""
        self.loop().call_soon_threadsafe(self._add_listener, group, listener)

    def ring(self, group: str, message: dict[str, Any]) -> None:
        """Send `message` (msgpack-able) to every process listening to `group`; never raises."""
        self._waiting.append((group, message))
        if not self._flushing:
            self._flushing = True
            self.loop().call_soon_threadsafe(self._start, self._flush())

    @property
    def is_ringing(self) -> bool:
        """Whether the bus has yet to take something that was rung."""
        return self._flushing

    def waker(self, group: str) -> threading.Event:
        """Return an event that is set whenever `group` is rung.

        It is set too each time the bus begins to listen: what was rung before was not heard.
        """
        event = threading.Event()
        self._wakers.append(event)
        self.listen(group, lambda _message: event.set())
        return event

    def _wake_all(self) -> None:
        for event in tuple(self._wakers):
            event.set()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self.loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _flush(self) -> None:
        loop = self.loop()
        while True:
            wait = max(0.0, self._next_at - loop.time())
            await asyncio.sleep(wait)
            self._next_at = loop.time() + (BUSY_TICK_SECONDS if wait else TICK_SECONDS)
            messages = self._take()
            try:
                await self._say(messages)
            except Exception:  # noqa: BLE001  the bus may fail in any way; the database has it
                self._mouth = None
                self.lost_count += len(messages)
                log.warning("bell.lost", groups=list(messages), lost_count=self.lost_count)
            # Cleared before the last look: a ring in between is seen, or starts anew.
            self._flushing = False
            if not self._waiting:
                return
            self._flushing = True

    async def _say(self, messages: dict[str, dict[str, Any]]) -> None:
        layer = get_channel_layer()
        if isinstance(layer, RedisPubSubChannelLayer):
            if self._mouth is None:
                self._mouth = RedisMouth(layer, environment().redis_url)
            await self._mouth.say(messages)
            return
        for group, message in messages.items():
            await layer.group_send(group, message)

    def _take(self) -> dict[str, dict[str, Any]]:
        """Merge what waits into one message a group: lists are joined, else the first stays."""
        merged: dict[str, dict[str, Any]] = {}
        while self._waiting:
            group, message = self._waiting.popleft()
            into = merged.setdefault(group, {"type": "bell", "group": group})
            for name, value in message.items():
                if isinstance(value, list):
                    into.setdefault(name, []).extend(value)
                else:
                    into.setdefault(name, value)
        return merged

    def _add_listener(self, group: str, listener: Listener) -> None:
        self._listeners.setdefault(group, []).append(listener)
        if len(self._listeners) == 1 and len(self._listeners[group]) == 1:
            self._start(self._receive())
        elif self._ear is not None:
            self._ear.join(group)
        elif self._channel is not None:
            self._start(self._join(group))

    async def _join(self, group: str) -> None:
        try:
            await get_channel_layer().group_add(group, self._channel)
            self._wake_all()
        except Exception:  # noqa: BLE001  see _flush; the receive loop joins again
            log.warning("bell.join_failed", group=group)

    async def _receive(self) -> None:
        layer = get_channel_layer()
        receive = (
            self._receive_from_redis
            if isinstance(layer, RedisPubSubChannelLayer)
            else self._receive_from_layer
        )
        while True:
            try:
                await receive(layer)
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001  see _flush
                log.warning("bell.receive_failed")
            await asyncio.sleep(RETRY_SECONDS)

    async def _receive_from_redis(self, layer: Any) -> None:
        self._ear = RedisEar(layer, environment().redis_url, self._dispatch, self._wake_all)
        await self._ear.listen(self._listeners)

    async def _receive_from_layer(self, layer: Any) -> None:
        self._channel = await layer.new_channel()
        for group in tuple(self._listeners):
            await layer.group_add(group, self._channel)
        self._wake_all()
        while True:
            self._dispatch(await layer.receive(self._channel))

    def _dispatch(self, message: dict[str, Any]) -> None:
        for listener in self._listeners.get(message["group"], ()):
            try:
                listener(message)
            except Exception:
                # One listener's fault must neither deafen the others nor end the connection.
                log.exception("bell.listener_failed", group=message["group"])


bell = Bell()
