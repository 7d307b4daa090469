"""One connection through the proxy: the client's bytes pass, the server's meet their fate."""

import asyncio
from contextlib import suppress
from typing import Final

from tests.proxy.faults import FRAME_FATES, STREAM_FATES, Fate, Faults, Judge
from tests.proxy.frames import Frame, FrameSplitter


CHUNK: Final = 64 * 1024
END_OF_HEAD: Final = b"\r\n\r\n"
FORBIDDEN: Final = (
    b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n" + END_OF_HEAD[2:]
)


class Stream:
    """A reader and a writer that belong together."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def cut(self) -> None:
        """Reset the connection: nothing that waits is sent."""
        self.writer.transport.abort()


class Line:
    """What every connection of one proxy shares: its faults now, and who judges."""

    def __init__(self, faults: Faults, judge: Judge) -> None:
        self.judge = judge
        self._thawed = asyncio.Event()
        self.faults = faults

    @property
    def faults(self) -> Faults:
        """What pieces suffer from now on."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        if faults.freeze:
            self._thawed.clear()
        else:
            self._thawed.set()

    async def thaw(self) -> None:
        """Wait while the line is frozen."""
        await self._thawed.wait()


class Link:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, client: Stream, server: Stream, line: Line) -> None:
        self._client = client
        self._server = server
        self._line = line
        self._judge = line.judge
        self._held: bytes | None = None
        self._release: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Relay until either side is gone, then reset both."""
        ways = [asyncio.create_task(self._upstream()), asyncio.create_task(self._downstream())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._let_go()
            await self._finish()

    def cut(self) -> None:
        """Reset both connections."""
        self._client.cut()
        self._server.cut()

    async def _finish(self) -> None:
        """Let what was written arrive, then end both connections."""
        for stream in (self._client, self._server):
            stream.writer.close()
        for stream in (self._client, self._server):
            with suppress(OSError):
                await stream.writer.wait_closed()

    async def _upstream(self) -> None:
        with suppress(OSError):
            head = await _read_head(self._client.reader)
            if self._line.faults.block_websocket and b"upgrade: websocket" in head.lower():
                self._client.writer.write(FORBIDDEN)
                return
            self._server.writer.write(head)
            while data := await self._client.reader.read(CHUNK):
                await self._line.thaw()
                self._server.writer.write(data)
                await self._server.writer.drain()

    async def _downstream(self) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await _read_head(self._server.reader)
            self._client.writer.write(head)
            if head.startswith(b"HTTP/1.1 101"):
                await self._frames()
            else:
                await self._bytes()

    async def _frames(self) -> None:
        splitter = FrameSplitter()
        while data := await self._server.reader.read(CHUNK):
            for frame in splitter.feed(data):
                await self._line.thaw()
                if not await self._deliver(frame):
                    return
                await self._client.writer.drain()

    async def _bytes(self) -> None:
        while data := await self._server.reader.read(CHUNK):
            await self._line.thaw()
            fate = self._judge.fate(self._line.faults, STREAM_FATES)
            if not await self._suffer(fate, data):
                return
            await self._client.writer.drain()

    async def _deliver(self, frame: Frame) -> bool:
        """Let a frame meet its fate; false when the connection is gone."""
        fate = self._judge.fate(self._line.faults, FRAME_FATES) if frame.is_text else Fate.PASS
        if fate is Fate.REORDER and self._held is None:
            self._held = frame.raw
            wait = self._line.faults.delay_seconds
            self._release = asyncio.get_running_loop().call_later(wait, self._let_go)
            return True
        alive = await self._suffer(fate, frame.raw)
        self._let_go()
        return alive

    async def _suffer(self, fate: Fate, data: bytes) -> bool:
        write = self._client.writer.write
        match fate:
            case Fate.CUT:
                self.cut()
                return False
            case Fate.TRUNCATE:
                write(data[: int(len(data) * self._judge.share())])
                await self._client.writer.drain()
                self._client.writer.close()
                return False
            case Fate.DELAY:
                await asyncio.sleep(self._line.faults.delay_seconds * self._judge.share())
                write(data)
            case Fate.DUPLICATE:
                write(data + data)
            case Fate.PASS | Fate.REORDER:
                write(data)
            case Fate.DROP:
                pass
        return True

    def _let_go(self) -> None:
        """Send the frame that was held to be overtaken."""
        if self._release is not None:
            self._release.cancel()
            self._release = None
        held, self._held = self._held, None
        if held is not None and not self._client.writer.is_closing():
            self._client.writer.write(held)


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(END_OF_HEAD)
    except asyncio.IncompleteReadError as error:
        return error.partial
