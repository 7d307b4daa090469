"""A day and an hour of one socket, in a program of its own: `python -m tests.faults.day OPTIONS`.

The hub, uvicorn and a client share one event loop whose time jumps to the next timer as soon as
nobody has anything to do: no socket is readable, no thread is at work, no answer to a ping is on
its way through the kernel, which may be busy with others. So every ping, lease and poll of 25
hours happens, over a real socket, in the order in which it would. The last line printed is a JSON
object of what was seen.
"""

import asyncio
import gc
import json
import os
import selectors
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import django


HOURS = 25
HOUR_SECONDS = 3600.0
MESSAGE_EVERY_SECONDS = 600.0
FIRST_LOOK, LAST_LOOK = 12, 150
"""Messages after which things are counted: after 2 hours, and at the end."""


TRAVEL_SECONDS = 10.0
"""How long an answer may be on its way, in real time."""


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop that does not wait for time, only for work."""

    def __init__(self) -> None:
        self.is_asking: Callable[[], bool] = lambda: False
        """Whether some peer has yet to answer a ping."""
        self._asking_since: float | None = None
        self._now = time.monotonic()
        self._at_work = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass at once."""
        self._now += seconds

    @property
    def is_working(self) -> bool:
        """Whether a thread is still busy for somebody."""
        return self._at_work > 0

    @property
    def is_waiting(self) -> bool:
        """Whether an answer may still come, if real time is given to it."""
        if not self.is_asking():
            self._asking_since = None
            return False
        now = time.monotonic()
        self._asking_since = self._asking_since or now
        return now - self._asking_since < TRAVEL_SECONDS

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Any, *args: Any
    ) -> asyncio.Future[Any]:
        self._at_work += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._finish)
        return future

    def _finish(self, _future: asyncio.Future[Any]) -> None:
        self._at_work -= 1


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.is_working or timeout is None:
            return super().select(1.0)
        if self._loop.is_waiting:
            return super().select(0.001)
        self._loop.jump(timeout)
        return ready


def look() -> dict[str, float]:
    """Count what a leak would add to."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    loop = asyncio.get_running_loop()
    return {
        "objects": len(gc.get_objects()),
        "tasks": len(asyncio.all_tasks()),
        "timers": len(loop._scheduled),  # type: ignore[attr-defined]
        "rss_mb": pages * 4096 / 1e6,
    }


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """Run a hub on this loop; give the URL of its sockets."""
    import uvicorn  # noqa: PLC0415  Django must be set up

    from realtime import repair, revocations  # noqa: PLC0415
    from realtime.asgi import application_of  # noqa: PLC0415
    from realtime.hub import Hub, Limits  # noqa: PLC0415

    for polled in (repair, revocations):
        setattr(polled, "POLL_SECONDS", 20.0)  # noqa: B010  90,000 polls prove no more than 4,500
    hub, loop = Hub(Limits()), asyncio.get_running_loop()
    loop.is_asking = lambda: any(not member._heard for member in hub.members)  # type: ignore[attr-defined]
    application = application_of(hub)
    config = uvicorn.Config(
        application, port=0, ws="websockets-sansio", lifespan="off", log_config=None,
        ws_ping_interval=None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn offers nothing else
        await asyncio.sleep(0.1)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/ws/v1"
    server.should_exit = True
    await serving


@dataclass
class Diary:
    """What was seen on the way."""

    tickets: int = 0
    pings: int = 0
    said: int = 0
    looks: list[dict[str, float]] = field(default_factory=list)


async def live(person_id: str, topic: str) -> dict[str, Any]:
    """Keep one socket for 25 hours; say something every ten minutes."""
    from core.people.models import Person  # noqa: PLC0415  as above
    from realtime.client import Client  # noqa: PLC0415
    from realtime.database import in_database  # noqa: PLC0415
    from realtime.tickets import issue_ticket  # noqa: PLC0415
    from tests.realtime import probe  # noqa: PLC0415

    person = await in_database(Person.objects.get, pk=person_id)
    diary = Diary()

    async def ticket() -> str:
        diary.tickets += 1
        return await in_database(issue_ticket, person)

    async with served() as url, Client(url, ticket) as client:
        count_pings(client, diary)
        board = await client.subscribe(topic)
        end = time.monotonic() + HOURS * HOUR_SECONDS
        while time.monotonic() < end:
            await in_database(probe.say, topic, str(diary.said))
            diary.said += 1
            await asyncio.sleep(MESSAGE_EVERY_SECONDS)
            if diary.said in {FIRST_LOOK, LAST_LOOK}:
                diary.looks.append(look())
        return {
            **asdict(diary),
            "applied": board.seq,
            "close_codes": client.close_codes,
            "freshness": str(client.freshness),
        }


def count_pings(client: Any, diary: Diary) -> None:
    """Note every ping the client hears."""
    take = client._receipts.hear_ping

    def note() -> None:
        diary.pings += 1
        take()

    client._receipts.hear_ping = note


def main(options: str) -> None:
    """Live a day; `options` is JSON: database, person, topic."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
    from core import settings  # noqa: PLC0415  as above

    chosen: dict[str, Any] = json.loads(options)
    settings.DATABASES["default"]["NAME"] = chosen["database"]
    django.setup()
    loop = JumpingLoop()
    # Leases and rhythms of the hub are read off this clock.
    time.monotonic = loop.time
    seen = loop.run_until_complete(live(chosen["person"], chosen["topic"]))
    sys.stdout.write(json.dumps(seen) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the hub's clockwork has no end


if __name__ == "__main__":
    main(*sys.argv[1:])
