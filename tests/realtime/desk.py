"""The desk that the TypeScript tests come to: tickets, a bad network, and Node to run them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.proxy.control import serve_control
from tests.proxy.proxy import HOST, Proxy
from tests.realtime.conftest import Shop
from tests.toolchain import NODE, PACKAGE, QUIET


SECONDS = 300


@asynccontextmanager
async def _tickets(shop: Shop) -> AsyncIterator[str]:
    async def issue(_request: web.Request) -> web.Response:
        return web.Response(text=await shop.ticket())

    application = web.Application()
    application.router.add_get("/", issue)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _desk(shop: Shop) -> AsyncIterator[dict[str, str]]:
    async with Proxy([(HOST, shop.node.port)]) as proxy, _tickets(shop) as tickets:
        control = await serve_control(proxy, 0)
        try:
            yield {
                "PAIDAN_TOPIC": shop.topic,
                "PAIDAN_TICKETS": tickets,
                "PAIDAN_DIRECT": f"{HOST}:{shop.node.port}",
                "PAIDAN_PROXY": f"{HOST}:{proxy.port}",
                "PAIDAN_CONTROL": f"http://{HOST}:{control.addresses[0][1]}",
            }
        finally:
            await control.cleanup()


async def run_node_tests(shop: Shop, name: str, **more: Any) -> None:
    """Run `tests/server/<name>.test.ts` of the package against the shop's node; it must pass."""
    command = [NODE, QUIET, "--test", f"tests/server/{name}.test.ts"]
    async with _desk(shop) as variables:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=PACKAGE,
            env=os.environ | variables | {key: str(value) for key, value in more.items()},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        too_long = asyncio.get_running_loop().call_later(SECONDS, process.kill)
        try:
            printed, _ = await process.communicate()
        finally:
            too_long.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0, printed.decode(errors="replace")
