"""Server-sent events: a response without end whose chunks are the frames of the socket."""

import asyncio
import json
import random
from typing import Final

from realtime.codes import CLOSES
from realtime.hub import Hub
from realtime.streaming.progress import Progress
from realtime.streaming.requests import StreamRequest
from realtime.streaming.responses import TooManyConnections, body_of, problem, start_of
from realtime.streaming.sessions import disconnected, join_topics, open_session
from realtime.streaming.wires import body_wire_of
from realtime.transports import Message, Receive, Send
from realtime.visitors import Visitor


CONTENT_TYPE: Final = "text/event-stream"
RETRY_MS: Final = (500, 5000)
"""A browser comes back after a time of its own between these, as it has no jitter itself."""
_DRAIN: Final = '{"t":"drain"'


async def serve_events(
    hub: Hub, request: StreamRequest, visitor: Visitor, receive: Receive, send: Send
) -> None:
    """Stream until the client or the session is gone."""
    progress = Progress(tuple(map(str, request.topics)), request.since)
    wire = body_wire_of(send, EventStream(progress).render)
    session = open_session(hub, wire, progress)
    joining = None
    try:
        if session.admit(visitor):
            joining = asyncio.create_task(join_topics(session, request))
        await disconnected(receive)
    finally:
        if joining is not None:
            joining.cancel()
        session.end()


class EventStream:
    """Renders what a socket would be sent; each frame goes out with the cursor that it makes."""

    def __init__(self, progress: Progress) -> None:
        """Begin the response with the first frame, so that a refusal can still be one."""
        self._progress = progress
        self._has_begun = False

    def render(self, message: Message) -> list[Message]:
        """Return the messages that send a frame, or the end."""
        if message["type"] == "websocket.close":
            return self._end(message["code"])
        part = body_of(_event(message["text"], self._progress.cursor()), more=True)
        return [part] if self._has_begun else [*self._begin(), part]

    def _begin(self) -> list[Message]:
        self._has_begun = True
        retry_ms = random.randint(*RETRY_MS)  # noqa: S311  it spreads, it protects nothing
        return [
            start_of(200, CONTENT_TYPE),
            body_of(f"retry: {retry_ms}\n\n".encode(), more=True),
        ]

    def _end(self, code: int) -> list[Message]:
        if not self._has_begun:
            return [*problem(TooManyConnections())]
        # A comment: clients come back by themselves, this is for whoever reads along.
        return [body_of(f": {code} {CLOSES[code].name}\n\n".encode())]


def _event(text: str, cursor: str) -> bytes:
    retry = f"retry: {json.loads(text)['retry_ms']}\n" if text.startswith(_DRAIN) else ""
    return f"{retry}id: {cursor}\ndata: {text}\n\n".encode()
