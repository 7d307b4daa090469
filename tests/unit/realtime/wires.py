"""A sending end for tests: it keeps what it is given, and is ready whenever a test says so."""

import asyncio

from realtime.transports import Frame


class PatientWire:
    """Takes frames for as long as it is open; `shut` it, and nothing is taken."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.codes: list[int] = []
        self.used = asyncio.Event()
        """Something was sent, be it the end."""
        self._open = asyncio.Event()
        self._open.set()

    @property
    def ready(self) -> bool:
        return self._open.is_set()

    def shut(self) -> None:
        """Be a slow reader from now on."""
        self._open.clear()

    def open(self) -> None:
        """Read again."""
        self._open.set()

    def put(self, frame: Frame) -> None:
        self.texts.append(frame.text)
        self.used.set()

    async def drain(self) -> None:
        await self._open.wait()

    def close(self, code: int) -> None:
        self.codes.append(code)
        self.used.set()

    def cut(self) -> None:
        self.close(0)
