"""A client's connection as a WebSocket."""

from contextlib import suppress
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from realtime.client_link import LinkBroken, Opener, Wire
from realtime.protocol import SUBPROTOCOL, Auth, ClientFrame, encode


HTTP_UNAVAILABLE: Final = 503


class SocketWire:
    """A WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        """Take over an open socket."""
        self._socket = socket

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code

    @property
    def close_reason(self) -> str | None:
        return self._socket.close_reason

    async def send(self, frame: ClientFrame) -> None:
        try:
            await self._socket.send(encode(frame))
        except WebSocketException as error:
            raise LinkBroken(repr(error)) from error

    async def receive(self) -> str | bytes | None:
        try:
            return await self._socket.recv()
        except ConnectionClosed:
            return None

    async def leave(self) -> None:
        await self._socket.close()

    async def cut(self) -> None:
        self._socket.transport.abort()
        await self._socket.wait_closed()


def socket_opener(url: str) -> Opener:
    """Open WebSockets at `url`."""

    async def open_socket(ticket: str) -> Wire:
        try:
            socket = await connect(
                url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                ping_interval=None,  # the protocol has its own
                max_size=None,
                proxy=None,
                close_timeout=1,
                open_timeout=None,  # the link has one
            )
        except InvalidStatus as refusal:
            raise LinkBroken(repr(refusal), retry_seconds=_retry_after(refusal)) from refusal
        except (OSError, WebSocketException) as error:
            raise LinkBroken(repr(error)) from error
        wire = SocketWire(socket)
        with suppress(LinkBroken):  # closed already; what it was closed with is yet to be read
            await wire.send(Auth(ticket=ticket, caps=("receipt",)))
        return wire

    return open_socket


def _retry_after(refusal: InvalidStatus) -> float | None:
    response = refusal.response
    text = response.headers.get("Retry-After", "")
    return float(text) if response.status_code == HTTP_UNAVAILABLE and text.isdigit() else None
