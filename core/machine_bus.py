"""The bell among the processes of one machine, without Redis: datagrams between Unix sockets.

Each process that listens owns one socket in a shared folder, and whoever rings sends to every
socket there. The kernel delivers whole messages, in order, or none: a process that has died, or
cannot keep up, misses them, as with every bell. The socket of one that has died is taken away by
the next who rings.
"""

import asyncio
import os
import socket
import time
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import msgpack
from channels.layers import InMemoryChannelLayer


LARGEST_BYTES: Final = 256 * 1024
AT_ONCE: Final = 64
"""Messages taken in one go, before others on the loop have their turn."""


class MachineBus(InMemoryChannelLayer):  # type: ignore[misc]
    """The in-memory layer, which also tells the other processes of the folder."""

    def __init__(self, folder: str, **options: Any) -> None:
        """Listen to nobody before the first channel is made."""
        super().__init__(**options)
        self._folder = Path(folder)
        self._own = self._folder / str(os.getpid())
        self._ear: socket.socket | None = None
        self._mouth = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._mouth.settimeout(0)
        self._mouth.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST_BYTES)

    async def new_channel(self, prefix: str = "specific.") -> str:
        """Return a new channel; the first begins to hear the others."""
        if self._ear is None:
            self._listen(asyncio.get_running_loop())
        return str(await super().new_channel(prefix))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Tell this process and all others of the folder."""
        await super().group_send(group, message)
        self._tell(msgpack.packb([group, message]))

    async def close(self) -> None:
        """Hear and tell no more."""
        self._mouth.close()
        if self._ear is not None:
            asyncio.get_running_loop().remove_reader(self._ear)
            self._ear.close()
            self._ear = None

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.settimeout(0)
        self._own.unlink(missing_ok=True)
        self._ear.bind(str(self._own))
        loop.add_reader(self._ear, self._hear, self._ear)

    def _hear(self, ear: socket.socket) -> None:
        for _turn in range(AT_ONCE):
            try:
                content = ear.recv(LARGEST_BYTES)
            except OSError:  # there is no more now
                return
            group, message = msgpack.unpackb(content)
            self._take(group, message)

    def _take(self, group: str, message: dict[str, Any]) -> None:
        for channel in self.groups.get(group, {}):
            room = asyncio.Queue[Any](maxsize=self.get_capacity(channel))
            queue = self.channels.setdefault(channel, room)
            with suppress(asyncio.QueueFull):
                queue.put_nowait((time.time() + self.expiry, deepcopy(message)))

    def _tell(self, content: bytes) -> None:
        for peer in self._folder.iterdir():
            if peer == self._own:
                continue
            try:
                self._mouth.sendto(content, str(peer))
            except ConnectionRefusedError:  # its process has died
                with suppress(OSError):
                    peer.unlink()
            except OSError:  # full, or too large: whoever listens also reads the database
                continue
