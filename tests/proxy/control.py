"""The proxy's control port, for programs that are not Python: three small HTTP requests.

`PUT /faults` with the members of `Faults` replaces them all (and with `seed` begins the series of
fates anew), `POST /cut` resets every open connection, and both, like `GET /`, answer with what
the proxy did so far.
"""

from dataclasses import asdict

from aiohttp import web

from tests.proxy.faults import Faults
from tests.proxy.proxy import HOST, Proxy


async def serve_control(proxy: Proxy, port: int) -> web.AppRunner:
    """Listen on the control port; the caller cleans the runner up."""

    async def set_faults(request: web.Request) -> web.Response:
        wanted = await request.json()
        if "seed" in wanted:
            proxy.judge.begin(wanted.pop("seed"))
        proxy.faults = Faults(**wanted)
        return state()

    async def cut(_request: web.Request) -> web.Response:
        proxy.cut()
        return state()

    async def show(_request: web.Request) -> web.Response:
        return state()

    def state() -> web.Response:
        return web.json_response(
            {
                "port": proxy.port,
                "connections": proxy.connection_count,
                "open": proxy.open_count,
                "counts": dict(proxy.judge.counts),
                "faults": asdict(proxy.faults),
            }
        )

    application = web.Application()
    application.router.add_put("/faults", set_faults)
    application.router.add_post("/cut", cut)
    application.router.add_get("/", show)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return runner
