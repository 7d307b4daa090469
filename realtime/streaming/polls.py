"""Long polls: one answer as soon as there is something, which names where to go on."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from realtime.hub import Hub
from realtime.streaming.progress import Progress
from realtime.streaming.requests import StreamRequest
from realtime.streaming.responses import TooManyConnections, problem, send_all, whole
from realtime.streaming.sessions import disconnected, join_topics, open_session
from realtime.transports import Frame, Receive, Send
from realtime.visitors import Visitor


CONTENT_TYPE: Final = "application/json; charset=utf-8"
NO_NEWS: Final = ('{"t":"welcome"', '{"t":"subd"', '{"t":"ping"')
"""Frames that alone are no reason to answer."""
LEFT: Final = 2
PICTURES: Final = ('{"t":"snap","topic":"zone:', '{"t":"pos","topic":"zone:')


async def serve_poll(
    hub: Hub, request: StreamRequest, visitor: Visitor, receive: Receive, send: Send
) -> None:
    """Answer once, unless the client leaves before."""
    progress = Progress(tuple(map(str, request.topics)), request.since)
    gathering = Gathering(progress, limit=hub.limits.outbox_bytes, is_resumed=request.is_resumed)
    session = open_session(hub, gathering, progress)

    async def gather() -> None:
        await join_topics(session, request, is_full=gathering.full.is_set)
        gathering.has_joined = True
        with suppress(TimeoutError):
            async with asyncio.timeout(request.wait_seconds):
                await gathering.news.wait()

    try:
        if not session.admit(visitor):
            await send_all(send, problem(TooManyConnections()))
            return
        if await _first_of(gather(), gathering.full.wait(), disconnected(receive)) == LEFT:
            return
    finally:
        session.end()
    await send_all(send, whole(200, CONTENT_TYPE, gathering.answer().encode()))


class Gathering:
    """Takes what a socket would be sent, until there is enough for one answer."""

    def __init__(self, progress: Progress, *, limit: int, is_resumed: bool) -> None:
        """Take about `limit` characters, and whole snapshots."""
        self._progress = progress
        self._limit = limit
        self._frames: list[str] = []
        self._size = 0
        self.has_joined = not is_resumed
        """Until it has, a picture that a resumed client may know is no news."""
        self.news = asyncio.Event()
        self.full = asyncio.Event()
        """The rest is for the next poll."""

    def answer(self) -> str:
        """Text of the answer; its cursor counts the frames in it and no others."""
        return f'{{"cursor":"{self._progress.cursor()}","frames":[{",".join(self._frames)}]}}'

    @property
    def ready(self) -> bool:
        """Whether there is not enough yet."""
        return not self.full.is_set()

    def put(self, frame: Frame) -> None:
        """Take a frame."""
        text = frame.text
        self._frames.append(text)
        self._size += len(text)
        if self._is_news(text):
            self.news.set()
        # The next poll would have to begin a snapshot anew.
        if self._size >= self._limit and self._progress.is_between:
            self.full.set()

    async def drain(self) -> None:
        """Wait for as long as the session lives: what is left is for the next poll."""
        if not self.ready:
            await asyncio.get_running_loop().create_future()

    def close(self, code: int) -> None:  # noqa: ARG002  a wire's, and polls tell no codes
        """Answer with what there is."""
        self.news.set()

    def cut(self) -> None:
        """Have nothing to cut: the answer is sent after the session."""

    def _is_news(self, text: str) -> bool:
        if self.has_joined:
            return not text.startswith(NO_NEWS)
        return not text.startswith((*NO_NEWS, *PICTURES))


async def _first_of(*works: Coroutine[Any, Any, object]) -> int:
    """Return the number of the first work that has ended; the others are given up."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        first = next(number for number, task in enumerate(tasks) if task.done())
        tasks[first].result()
        return first
    finally:
        for task in tasks:
            task.cancel()
