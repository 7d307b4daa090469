"""One WebSocket, from its handshake to its end: reads frames and hands them to a session.

Once somebody is let in, a wire that can hands over what comes in the step that reads it; then
the socket needs no task. Any other is read in a loop.
"""

from django.db import DatabaseError

from realtime.codes import BAD_TICKET, NO_AUTH, PROTOCOL_ERROR
from realtime.fair_waits import PeerIsLate, WeAreLate, wait_fairly
from realtime.hub import Hub
from realtime.protocol import (
    BAD_FRAMES,
    FRAME_BYTES,
    AnyClientFrame,
    Auth,
    BadFrame,
    Pong,
    decode,
    encode,
)
from realtime.requests import refusal
from realtime.session import Session
from realtime.transports import AdoptableWire, Receive, Wire
from realtime.visitors import Visitor


PLAIN_PONG = Pong()
PONG = encode(PLAIN_PONG)
"""What most messages of most sockets are; it is known without being parsed."""
MAX_UTF8 = 4
"""Most bytes of one character."""


class Connection:
    """The server's end of one socket that was accepted."""

    __slots__ = ("_bad_frames", "_session", "_wire")

    def __init__(self, hub: Hub, wire: Wire) -> None:
        """Know nobody yet."""
        self._session = Session(hub, wire)
        self._wire = wire
        self._bad_frames = 0

    async def run(self, receive: Receive, *, known: Visitor | None) -> None:
        """Serve the socket until it is gone; `known` is who its cookie belongs to."""
        session, adopted = self._session, False
        try:
            visitor = known or await self._authenticate(receive)
            if visitor is not None and session.admit(visitor):
                if isinstance(self._wire, AdoptableWire):
                    adopted = True
                    self._wire.adopt(self)
                    return
                while (message := await receive())["type"] != "websocket.disconnect":
                    self.heard(message.get("text"))
            elif session.is_closing:
                await _wait_for_end(receive)
        finally:
            if not adopted:
                session.end()

    def heard(self, text: str | None) -> None:
        """Take one message; None: it was binary."""
        session = self._session
        session.heard()
        if text == PONG and not self._bad_frames:
            session.handle(PLAIN_PONG)
        elif not session.is_closing:
            frame = self._decode(text)
            if frame is not None:
                session.handle(frame)

    def gone(self) -> None:
        """Leave everything: the socket has ended."""
        self._session.end()

    async def _authenticate(self, receive: Receive) -> Visitor | None:
        """Wait for the ticket; silence is final for the peer only where we have listened."""
        session = self._session
        seconds = session.hub.limits.auth_seconds
        try:
            frame = await wait_fairly(self._first_frame(receive), seconds=seconds)
        except PeerIsLate:
            session.close(NO_AUTH)
            return None
        except WeAreLate:
            session.turn_away(retry_ms=session.hub.admission.turn_away())
            return None
        if frame is None:
            return None
        try:
            visitor = await session.hub.arrivals.visitor(frame.ticket)
        except DatabaseError:
            # Down, or the line is too long: either way, later.
            session.turn_away(retry_ms=session.hub.admission.turn_away())
            return None
        if visitor is None:
            session.close(BAD_TICKET)
        return visitor

    async def _first_frame(self, receive: Receive) -> Auth | None:
        while not self._session.is_closing:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return None
            frame = self._decode(message.get("text"))
            if isinstance(frame, Auth):
                return frame
            if frame is not None:
                self._session.close(NO_AUTH)
        return None

    def _decode(self, text: str | None) -> AnyClientFrame | None:
        """Read a frame; count bad ones, and close when the peer does not speak the protocol."""
        if text is not None and _is_too_big(text):
            self._session.close(PROTOCOL_ERROR)
            return None
        try:
            frame = decode(text or "")
        except BadFrame as error:
            self._bad_frames += 1
            self._session.outbox.write(refusal(None, "bad_frame", where=error.where))
            if self._bad_frames >= BAD_FRAMES:
                self._session.close(PROTOCOL_ERROR)
            return None
        self._bad_frames = 0
        return frame


def _is_too_big(text: str) -> bool:
    # Most frames are so short that they need not be encoded to be measured.
    return len(text) * MAX_UTF8 > FRAME_BYTES and len(text.encode()) > FRAME_BYTES


async def _wait_for_end(receive: Receive) -> None:
    """Let the closing handshake happen; the outbox cuts the socket when it does not."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
