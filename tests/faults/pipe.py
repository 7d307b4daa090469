"""A TCP pipe to a server that can be held, cut, closed or made narrow; it runs in its own thread.

For what lies behind a node (Redis, MariaDB) and for readers with little bandwidth. Faults of
single frames are the business of `tests.proxy`.
"""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Final, Self


HOST: Final = "127.0.0.1"
SMALL_BUFFER: Final = 4096
TURNS_PER_SECOND: Final = 4


class Pipe:
    """Relays connections to one port; use it as a context manager."""

    def __init__(self, target_port: int, *, is_narrow: bool = False) -> None:
        self.port = 0
        self.target_port = target_port
        self.bytes_per_second: float | None = None
        """How much comes back from the server, at most; None is no bound."""
        self._is_narrow = is_narrow
        self._is_closed = False
        self._open = threading.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pipe", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(90)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(90)

    def hold(self) -> None:
        """Let nothing pass, and tell nobody."""
        self._open.clear()

    def cut(self) -> None:
        """Reset every connection; new ones are welcome."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._cut, done)
        assert done.wait(90)

    def close(self) -> None:
        """Reset every connection and every new one."""
        self._is_closed = True
        self.cut()

    def heal(self) -> None:
        """Let everything pass again."""
        self._is_closed = False
        self.bytes_per_second = None
        self._open.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._accept, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        self._cut(threading.Event())
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _cut(self, done: threading.Event) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()
        done.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._is_closed:
            writer.transport.abort()
            return
        with suppress(OSError):
            await self._relay(reader, writer)
        writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = socket.socket()
        there.settimeout(0)
        if self._is_narrow:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        await self._loop.sock_connect(there, (HOST, self.target_port))
        limit = SMALL_BUFFER if self._is_narrow else 2**16
        back_reader, back_writer = await asyncio.open_connection(sock=there, limit=limit)
        self._writers |= {writer, back_writer}
        ways = [
            asyncio.create_task(self._pump(reader, back_writer, is_back=False)),
            asyncio.create_task(self._pump(back_reader, writer, is_back=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writers -= {writer, back_writer}
            writer.transport.abort()
            back_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_back: bool
    ) -> None:
        while True:
            rate = self.bytes_per_second if is_back else None
            data = await reader.read(int(rate / TURNS_PER_SECOND) if rate else 2**16)
            while not self._open.is_set():  # noqa: ASYNC110  it is set by another thread
                await asyncio.sleep(0.02)
            if not data:
                return
            writer.write(data)
            await writer.drain()
            if rate:
                await asyncio.sleep(1 / TURNS_PER_SECOND)
