"""A session that speaks and cannot be answered, and how it joins its topics."""

from collections.abc import Callable
from contextlib import suppress

from realtime.hub import Hub
from realtime.outbox import OutboxClosed
from realtime.protocol import Sub
from realtime.session import Session
from realtime.streaming.progress import Progress
from realtime.streaming.requests import StreamRequest
from realtime.transports import Receive, Wire


class OneWaySession(Session):
    """A peer over HTTP: its server tells when it has gone, so no pong is waited for."""

    __slots__ = ()

    @property
    def is_stream(self) -> bool:
        """Yes."""
        return True

    def beat(self) -> None:
        """Ping, or close when the lease is over."""
        self.heard()
        super().beat()


def open_session(hub: Hub, wire: Wire, progress: Progress) -> OneWaySession:
    """Return a session whose subscriptions `progress` follows."""
    session = OneWaySession(hub, wire)
    progress.subscriptions = session.subscriptions
    return session


async def join_topics(
    session: OneWaySession, request: StreamRequest, *, is_full: Callable[[], bool] = lambda: False
) -> None:
    """Subscribe to every topic, one after the other, until the session closes or `is_full`."""
    with suppress(OutboxClosed):
        for number, topic in enumerate(request.topics):
            if is_full():
                return
            name = str(topic)
            frame = Sub(id=number, topic=name, since=request.since.get(name))
            await session.subscribe(frame, is_checked=True)


async def disconnected(receive: Receive) -> None:
    """Wait until the client is gone, or the response is complete."""
    while (await receive())["type"] != "http.disconnect":
        pass
