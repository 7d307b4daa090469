"""The sending end of a response body, as an outbox takes it: ready or not, on both servers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from realtime.transports import DaphneWire, Frame, Message, Send, SendWire, Wire


class Body:
    """Turns what a socket would be sent into parts of a response body."""

    def __init__(self, send: Send, render: Callable[[Message], list[Message]]) -> None:
        """Let `render` say which messages of HTTP stand for one of a socket."""
        self._send = send
        self._render = render

    @property
    def transport(self) -> Any:
        """The server's transport, where it shows it."""
        return getattr(getattr(self._send, "__self__", None), "transport", None)

    async def send(self, message: Message) -> None:
        """Send what stands for `message`, waiting while the buffer is full."""
        for each in self._render(message):
            await self._send(each)


def body_wire_of(send: Send, render: Callable[[Message], list[Message]]) -> Wire:
    """Return the sending end behind the ASGI `send` of a request."""
    body = Body(send, render)
    request = send.args[0] if isinstance(send, partial) and send.args else None
    # A request without a channel has been left by its client: there is nothing to be paused.
    if getattr(request, "channel", None) is not None:
        return DaphneBodyWire(body.send, request)
    return SendWire(body.send)


class DaphneBodyWire(DaphneWire):
    """A Twisted request, whose producer we are until its body ends."""

    __slots__ = ()

    def put(self, frame: Frame) -> None:
        """Write a part."""
        self._step({"type": "websocket.send", "text": frame.text})

    def close(self, code: int) -> None:
        """Write the last part: a request must not end while it has a producer."""
        if self._protocol.channel is not None:
            self._protocol.unregisterProducer()
        self._step({"type": "websocket.close", "code": code})
