"""One demonstration from the first greeting to the verdict."""

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from web.demo import city
from web.demo.control import Control
from web.demo.installation import Installation
from web.demo.network import Network
from web.demo.processes import StartFailed
from web.demo.simulation import Simulation, world_of
from web.demo.stage import Stage
from web.demo.summary import status_line, summarise
from web.demo.supervision import keep_alive
from web.demo.verify import verify


SPEED = 5.0
CHECK_SPEED = 60.0
CHECK_HOURS = 2.0
ORDERS_PER_HOUR = 60.0
CHECK_ORDERS_PER_HOUR = 40.0
"""An offer lasts half a real second at the speed of a check: two cores must keep up with it."""
DRAIN_SECONDS = 1500.0
STATUS_REAL_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What was asked for."""

    seed: int
    speed: float
    orders_per_hour: float
    hours: float | None
    headless: bool
    check: bool
    network: str | None = None
    """Where phones of the network may come in from the start; empty: at the address found."""

    @property
    def is_visited(self) -> bool:
        """Whether somebody may come and look, and press buttons."""
        return not self.headless and not self.check

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read the command line; a check has an end and runs fast."""
        ends = options["headless"] or options["check"]
        return cls(
            seed=options["seed"],
            speed=options["speed"] or (CHECK_SPEED if options["check"] else SPEED),
            orders_per_hour=options["orders_per_hour"]
            or (CHECK_ORDERS_PER_HOUR if options["check"] else ORDERS_PER_HOUR),
            hours=options["hours"] or (CHECK_HOURS if ends else None),
            headless=options["headless"],
            check=options["check"],
            network=options["open"],
        )


async def run(show: Show, installation: Installation) -> list[str]:
    """Play; return what a check found wrong."""
    say(_greeting(installation))
    async with world_of(installation, seed=show.seed, keeps_everything=show.check) as world:
        simulation = Simulation(world)
        if show.is_visited:
            return await _receive(show, simulation, installation)
        playing = asyncio.create_task(_play(show, simulation, installation))
        watching = asyncio.create_task(_watch(simulation, installation))
        try:
            await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
            return playing.result() if playing.done() else watching.result()
        finally:
            for task in (playing, watching):
                task.cancel()
            await asyncio.gather(playing, watching, return_exceptions=True)
            await simulation.stop()


async def _receive(show: Show, simulation: Simulation, installation: Installation) -> list[str]:
    """Play for visitors until the end of the process; what dies is started again."""
    stage = Stage(simulation, installation)
    network = Network(installation.base_url, show.network or "")
    runner = await Control(stage, network).serve()
    try:
        if show.network is not None:
            await _open(network)
            say(f"  手机扫码 phones may scan the wall's codes: {network.url}\n")
        await simulation.start()
        simulation.world.spawn(stage.feed())
        simulation.world.spawn(keep_alive(installation))
        await simulation.play(orders_per_hour=show.orders_per_hour, hours=None)
    finally:
        await network.close()
        await runner.cleanup()
        await simulation.stop()
    return []


async def _open(network: Network) -> None:
    """Let phones in from the start.

    :raises StartFailed: when nothing can listen at the address that was asked for.
    """
    try:
        await network.open()
    except OSError as error:
        raise StartFailed(str(error)) from error


async def _play(show: Show, simulation: Simulation, installation: Installation) -> list[str]:
    await simulation.start()
    await simulation.play(orders_per_hour=show.orders_per_hour, hours=show.hours)
    if show.check:
        await simulation.drain(seconds=DRAIN_SECONDS)
        return await _judge(simulation, installation)
    return []


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _judge(simulation: Simulation, installation: Installation) -> list[str]:
    await simulation.world.stop()
    began_at = time.monotonic()
    findings = await verify(simulation, installation)
    summary = summarise(simulation, installation, findings)
    say(f"{summary}\n  verified in {time.monotonic() - began_at:.0f} s")
    return findings.problems


async def _watch(simulation: Simulation, installation: Installation) -> list[str]:
    """Say now and then how the city stands; return when a process has ended by itself."""
    counted = 0
    while True:
        await asyncio.sleep(STATUS_REAL_SECONDS)
        failed = installation.failed
        if failed is not None:
            problem = f"{failed.name} has ended by itself:\n{failed.last_words()}"
            say(problem)
            return [problem]
        events = simulation.world.tally.event_count
        rate, counted = (events - counted) / STATUS_REAL_SECONDS, events
        if sys.stdout.isatty() and simulation.operator.device.client.is_connected:
            overview = await simulation.world.attempt("overview", simulation.operator.overview())
            if overview is not None:
                say(status_line(overview, rate))


def _greeting(installation: Installation) -> str:
    return "\n".join(
        (
            "",
            f"  派单 Paidan is alive: open {installation.base_url}/demo",
            "  在浏览器里打开上面的网址 · three minutes, with a tour",
            "",
            f"  手机 phones   {installation.sandbox_url}/",
            f"  接口 API      {installation.base_url}/api/docs",
            f"  登录 log-ins  operator {city.OPERATOR_PHONE} · shop {city.staff_phone(0, 1)}",
            f"                courier {city.courier_phone(0)} · customer {city.customer_phone(0)}",
            f"  密码 password {city.PASSWORD}",
            "",
            "  按 Ctrl-C 结束 · Ctrl-C ends it.",
            "",
        )
    )
