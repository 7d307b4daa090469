"""uvicorn, except that it leaves the house in our order; imported only where it is chosen."""

import asyncio
import socket
from types import FrameType
from typing import Any

import uvicorn

from core.leaving import leaving


class Uvicorn(uvicorn.Server):
    """uvicorn's server; the signal starts the way out, and its end stops the server."""

    def __init__(self, application: Any, **options: Any) -> None:
        """Serve an ASGI 3 application with uvicorn's own `options`."""
        super().__init__(uvicorn.Config(application, interface="asgi3", **options))
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Note the loop, on which the way out has to run."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn's
        """Leave; and do not die of the same signal once that is done, as uvicorn would."""
        if self._loop is None:
            raise SystemExit(128 + sig)
        leaving.on_signal(self._loop, self._stop)

    def _stop(self) -> None:
        self.should_exit = True
