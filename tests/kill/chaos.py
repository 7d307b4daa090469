"""The demonstration city under fire: processes killed, Redis flushed and stopped, all checked.

A program of its own, since the settings of an installation are read once per process:
`python -m tests.kill.chaos embedded|full SEED`. The last line it prints is a JSON object:
what was done to the city, and what was found wrong afterwards.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.services import mariadb, redis
from tests.services.ports import reserve_port
from tests.services.redis import Redis


SPEED = 8.0
HOURS = 0.07
ORDERS_PER_HOUR = 450.0
DRAIN_SECONDS = 160.0
BETWEEN_SECONDS = {"full": (1.0, 2.5), "embedded": (7.0, 12.0)}
"""Real seconds between two faults; the one embedded process must have time to come back."""
REDIS_AWAY_SECONDS = 10.0


@dataclass
class Fire:
    """Hurts the processes of one installation, each in turn, in an order drawn from the seed."""

    children: dict[str, Any]
    bus: Redis | None
    dice: random.Random
    between_seconds: tuple[float, float]
    done: list[str] = field(default_factory=list)
    is_out: asyncio.Event = field(default_factory=asyncio.Event)

    async def burn(self) -> None:
        """Go on until put out; every kind of fault comes before any comes twice."""
        while not self.is_out.is_set():
            faults = self._faults()
            self.dice.shuffle(faults)
            for name, fault in faults:
                with suppress(TimeoutError):
                    await asyncio.wait_for(
                        self.is_out.wait(), self.dice.uniform(*self.between_seconds)
                    )
                    return
                self.done.append(name)
                tell(name)
                await asyncio.to_thread(fault)

    def _faults(self) -> list[tuple[str, Callable[[], None]]]:
        faults: list[tuple[str, Callable[[], None]]] = [
            (f"kill {name}", partial(self._kill, child)) for name, child in self.children.items()
        ]
        if self.bus is not None:
            faults += [("flush", self.bus.flush), ("redis away", self._stop_redis)]
        return faults

    def _kill(self, child: Any) -> None:
        child.kill()
        child.start()

    def _stop_redis(self) -> None:
        if self.bus is not None:
            self.bus.stop()
            threading_pause(REDIS_AWAY_SECONDS)
            self.bus.start()


def tell(text: str) -> None:
    """Say how far it is, on standard error."""
    sys.stderr.write(f"{time.monotonic():.1f} {text}\n")
    sys.stderr.flush()


def threading_pause(seconds: float) -> None:
    """Leave Redis away for a while; this is the fault itself, not a wait for something."""
    time.sleep(seconds)


@contextmanager
def servers(mode: str) -> Iterator[Redis | None]:
    """Name the installation's servers in the environment, and give the Redis to be hurt."""
    with ExitStack() as stack:
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        os.environ["PAIDAN_DATA_DIR"] = folder
        if mode == "embedded":
            yield None
            return
        os.environ["DATABASE_URL"] = stack.enter_context(mariadb()).url
        bus = stack.enter_context(redis())
        os.environ["REDIS_URL"] = bus.url
        yield bus


@asynccontextmanager
async def burning(fire: Fire) -> AsyncIterator[None]:
    """Let the fire burn meanwhile, and end it with everything running again."""
    task = asyncio.create_task(fire.burn())
    try:
        yield
    finally:
        fire.is_out.set()
        await task


async def play(installation: Any, fire: Fire, seed: int) -> list[str]:
    """Let the story happen under fire, put the fire out, and judge from outside."""
    # Only now: the settings of the installation are in the environment.
    from web.demo.processes import wait_until_ready  # noqa: PLC0415
    from web.demo.simulation import Simulation, world_of  # noqa: PLC0415
    from web.demo.verify import verify  # noqa: PLC0415

    async with world_of(installation, seed=seed, keeps_everything=True) as world:
        simulation = Simulation(world)
        await simulation.start()
        tell("everybody is on line")
        try:
            async with burning(fire):
                await simulation.play(orders_per_hour=ORDERS_PER_HOUR, hours=HOURS)
            ready = f"{installation.base_url}/readyz"
            await asyncio.to_thread(wait_until_ready, installation.server, ready)
            tell("the fire is out")
            await simulation.drain(seconds=DRAIN_SECONDS)
            await world.stop()
            tell("the last orders have ended, or their time is up")
            findings = await verify(simulation, installation)
            tell("judged")
        finally:
            await simulation.stop()
        placed = world.tally.placed_count
        if not placed:
            findings.wrong("no order was placed at all")
    return [*findings.problems, *await asyncio.to_thread(find_repeats, installation)]


def find_repeats(installation: Any) -> list[str]:
    """Name every deadline that fired twice."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.kill.ledgers"],
        env=installation.server.env,
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    repeated: list[str] = json.loads(done.stdout.splitlines()[-1])
    return repeated


def main(mode: str, seed: str) -> None:
    """Run one city under fire and print the verdict."""
    with servers(mode) as bus:
        import django  # noqa: PLC0415

        django.setup()
        from web.demo.installation import Wish, installed  # noqa: PLC0415

        wish = Wish(port=reserve_port(), speed=SPEED, server="uvicorn", reset=True)
        with installed(wish) as installation:
            fire = Fire(
                children={child.name: child for child in installation.children},
                bus=bus,
                between_seconds=BETWEEN_SECONDS[mode],
                dice=random.Random(seed),
            )
            problems = asyncio.run(play(installation, fire, int(seed)))
    sys.stdout.write(json.dumps({"done": fire.done, "problems": problems}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
