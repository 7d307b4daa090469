"""The proxy itself: a listening port, its connections, and the faults they suffer now.

async with Proxy([("127.0.0.1", 8000)], seed=7) as proxy:
    proxy.faults = Faults(drop=0.1, cut=0.02)
    ...  # clients use proxy.port
    proxy.faults = Faults()
    proxy.cut()
"""

import asyncio
from collections.abc import Sequence
from typing import Final, Self

from tests.proxy.faults import Faults, Judge
from tests.proxy.link import Line, Link, Stream


HOST: Final = "127.0.0.1"


class Proxy:
    """Relays to its upstreams in turn, so that whoever comes back may meet another node."""

    def __init__(
        self,
        upstreams: Sequence[tuple[str, int]],
        *,
        port: int = 0,
        seed: int = 0,
        faults: Faults | None = None,
    ) -> None:
        self.port = port
        """Where it listens; chosen by the system when 0 was asked for."""
        self.judge = Judge(seed)
        self.connection_count = 0
        """How many connections were relayed so far."""
        self._upstreams = list(upstreams)
        self._line = Line(faults or Faults(), self.judge)
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def faults(self) -> Faults:
        """What everything that passes suffers from now on."""
        return self._line.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._line.faults = faults

    @property
    def open_count(self) -> int:
        """How many connections are open."""
        return len(self._links)

    def cut(self) -> int:
        """Reset every open connection; return how many there were."""
        links = tuple(self._links)
        for link in links:
            link.cut()
        return len(links)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._relay(Stream(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, client: Stream) -> None:
        if self.faults.refuse:
            client.cut()
            return
        host, port = self._upstreams[self.connection_count % len(self._upstreams)]
        self.connection_count += 1
        try:
            server = Stream(*await asyncio.open_connection(host, port))
        except OSError:
            client.cut()
            return
        link = Link(client, server, self._line)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)
