"""Troubles of machines: a dispatcher killed, a bus emptied, a web process gone, a network cut."""

import asyncio
import time
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis

from core.environment import environment
from realtime.client_views import TopicView
from web.demo.device import Device
from web.demo.journal import HEALED, Run
from web.demo.mark import MARK
from web.demo.processes import Child
from web.demo.stage import NotSoon, Stage


DEAD_REAL_SECONDS: Final = 8.0
CUT_REAL_SECONDS: Final = 20.0
MEANWHILE: Final = 2
CUT_PANE: Final = "board-b"


async def kill_dispatcher(stage: Stage, run: Run) -> None:
    """SIGKILL the dispatcher; it stays dead until a deadline is due, and fires that once back."""
    child = stage.installation.child("dispatcher")
    if child is None:
        raise NotSoon("no_process")
    killed_at, pid = time.monotonic(), child.pid
    child.is_held = True
    try:
        child.kill()
        run.say("killed", pid=pid)
        count = await _until_late(stage)
    finally:
        child.is_held = False
    run.say("waited", n=count)
    await _until_back(stage, child, pid)
    run.say("started", pid=child.pid, seconds=round(time.monotonic() - killed_at, 1))
    await stage.seen(partial(_late_count, stage), lambda count: count == 0)
    run.say(HEALED, seconds=round(time.monotonic() - killed_at, 1))


async def _until_late(stage: Stage) -> int:
    """Wait for deadlines that nobody fires, for a bounded time; return how many there are."""
    try:
        async with asyncio.timeout(DEAD_REAL_SECONDS):
            return await stage.seen(partial(_late_count, stage), lambda count: count > 0)
    except TimeoutError:
        return 0


async def _late_count(stage: Stage) -> int:
    overview = await stage.operator.get("/operator/overview")
    return int(overview["deadlines"]["late_count"])


async def flush_redis(stage: Stage, run: Run) -> None:
    """Empty Redis under everybody's feet; events go on, as the database has them all."""
    url = environment().redis_url
    if not url:
        raise NotSoon("no_redis")
    async with Redis.from_url(url) as redis:
        count = await redis.dbsize()
        await redis.flushall()
    run.say("flushed", n=count)
    await _see_one_order(stage, run)


async def restart_web(stage: Stage, run: Run) -> None:
    """SIGKILL the web process with every socket on it; all devices come back and catch up."""
    child = stage.installation.server
    devices = [each for each in stage.simulation.devices() if each.client.is_connected]
    before = {id(device): len(device.client.close_codes) for device in devices}
    killed_at, pid = time.monotonic(), child.pid
    child.kill()
    run.say("killed", pid=pid, n=len(devices))
    await _until_back(stage, child, pid)
    run.say("started", pid=child.pid, seconds=round(time.monotonic() - killed_at, 1))
    await stage.until(lambda: all(_is_back(each, before[id(each)]) for each in devices))
    run.say("came_back", n=len(devices), seconds=round(time.monotonic() - killed_at, 1))
    await _see_one_order(stage, run)


def _is_back(device: Device, close_count: int) -> bool:
    """Whether it has lost a socket and has another, or was switched off meanwhile."""
    if not device.is_on.is_set():
        return True
    client = device.client
    return client.is_connected and len(client.close_codes) > close_count


async def _until_back(stage: Stage, child: Child, pid: int) -> None:
    await stage.until(lambda: child.running and child.pid != pid)


async def _see_one_order(stage: Stage, run: Run) -> None:
    """Order, and say how long it took until it stood on both boards."""
    began_at = time.monotonic()
    order = await stage.order(payment_method="cash")
    key = f"order:{order.id}"
    for device in stage.shop.devices:
        await stage.until(partial(_shows, device.client.views[stage.shop.topic], key))
    seconds = round(time.monotonic() - began_at, 1)
    run.say(HEALED, number=order.number, seconds=seconds)


def _shows(view: TopicView, key: str) -> bool:
    return key in view.rows


async def cut_board(stage: Stage, run: Run) -> None:
    """Take the network from the second board; what comes meanwhile is replayed to it."""
    wish = {"pane": CUT_PANE, "seconds": CUT_REAL_SECONDS}
    cut = await _tunnel(stage, wish)
    if not cut["closed_count"]:
        raise NotSoon("no_pane")
    run.say("cut", seconds=CUT_REAL_SECONDS, n=cut["closed_count"])
    for _turn in range(MEANWHILE):
        order = await stage.order(payment_method="cash")
        run.say("meanwhile", number=order.number)
    look = partial(_tunnel, stage, None)
    state = await stage.seen(look, lambda state: not state["is_cut"])
    run.say("open_again", n=state["refused_count"])
    state = await stage.seen(look, lambda state: bool(state["is_back"]))
    run.say("resumed" if state["is_resumed"] else "read_anew", n=state["replayed_count"])
    run.say(HEALED)


async def _tunnel(stage: Stage, wish: dict[str, Any] | None) -> dict[str, Any]:
    world = stage.simulation.world
    method = "POST" if wish else "GET"
    headers = {MARK: "1"}
    url = f"{world.base_url}/demo/api/tunnel"
    async with world.session.request(method, url, json=wish, headers=headers) as response:
        return dict(await response.json())
