"""The raw record of every request that a simulated provider received."""

from collections import deque
from datetime import UTC, datetime

from aiohttp import web


def moment(seconds: float) -> str:
    """Return a UNIX time as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="microseconds")


class Ledger:
    """An append-only list of requests; the oldest entries leave when it is full."""

    def __init__(self, *, limit: int) -> None:
        """Keep at most ``limit`` entries."""
        self._entries: deque[dict[str, object]] = deque(maxlen=limit)
        self.recorded_count = 0

    def record(self, *, at: float, **fields: object) -> None:
        """Append one entry, numbered from 1 without gaps."""
        self.recorded_count += 1
        self._entries.append({"number": self.recorded_count, "at": moment(at), **fields})

    def since(self, number: int) -> dict[str, object]:
        """Return the entries after ``number``, with the count of those no longer held."""
        return {
            "recorded_count": self.recorded_count,
            "dropped_count": self.recorded_count - len(self._entries),
            "entries": [entry for entry in self._entries if _number(entry) > number],
        }

    async def view(self, request: web.Request) -> web.Response:
        """Answer ``GET /ledger/<channel>?since=<number>``."""
        since = request.query.get("since", "0")
        if not since.isdecimal():
            raise web.HTTPBadRequest(reason="since must be a number")
        return web.json_response(self.since(int(since)))


def _number(entry: dict[str, object]) -> int:
    number = entry["number"]
    assert isinstance(number, int)  # noqa: S101  # written by record() alone
    return number
