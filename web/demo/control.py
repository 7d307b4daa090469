"""What the wall may do to the running city: the web process passes it on to here."""

import asyncio
import re
from dataclasses import asdict, fields
from typing import Any, Final

from aiohttp import web

from core.clock import LEAD_SECONDS, change_speed
from web.demo.audit import Audits
from web.demo.invitations import Invitation
from web.demo.journal import Journal
from web.demo.network import Network
from web.demo.stage import Stage
from web.demo.troubles import TROUBLES, available_troubles, cause


SPEEDS: Final = (1.0, 5.0, 30.0)
SCREEN: Final = re.compile(r"[a-z]+/index(\?[a-z]+=[\w-]+)?")
"""Screens that stand on the wall."""


class Control:
    """The city's ear for visitors."""

    def __init__(self, stage: Stage, network: Network) -> None:
        """Nothing has been asked for yet."""
        self.stage = stage
        self.network = network
        self.journal = Journal()
        self.audits = Audits(stage, self.journal)

    async def serve(self) -> web.AppRunner:
        """Listen on the installation's control socket; the caller cleans the runner up."""
        installation = self.stage.installation
        application = web.Application()
        inner = web.Application()
        inner.add_routes(
            [
                web.get("/state", self._state),
                web.post("/speed", self._speed),
                web.post("/troubles/{name}", self._trouble),
                web.post("/orders", self._order),
                web.post("/audits", self._audit),
                web.get("/audits/{number}", self._audited),
                web.post("/network", self._switch),
                web.post("/codes", self._invite),
            ]
        )
        application.add_subapp(installation.control_path, inner)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, installation.control).start()
        return runner

    async def _state(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        lines = self.journal.since(int(since) if since.isdecimal() else 0)
        world = self.stage.simulation.world
        return web.json_response(
            {
                "speed": world.clock.speed,
                "speeds": SPEEDS,
                "time": world.now().isoformat(),
                "troubles": available_troubles(),
                "running": sorted(self.journal.running),
                "network": self.network.view(),
                "lines": [asdict(line) for line in lines],
            }
        )

    async def _speed(self, request: web.Request) -> web.Response:
        wanted = (await _body(request)).get("speed")
        if wanted not in SPEEDS:
            raise web.HTTPBadRequest
        change_speed(self.stage.installation.clock_file, float(wanted))
        await asyncio.sleep(LEAD_SECONDS)
        self.stage.simulation.world.repace()
        return await self._state(request)

    async def _trouble(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in TROUBLES:
            raise web.HTTPNotFound
        if name not in self.journal.running:
            self.stage.simulation.world.spawn(cause(name, self.stage, self.journal))
            await asyncio.sleep(0)
        return await self._state(request)

    async def _order(self, request: web.Request) -> web.Response:
        """Let somebody order from the shop on the wall, so that its boards ring."""
        self.stage.simulation.world.spawn(self.stage.feed_once())
        return await self._state(request)

    async def _audit(self, _request: web.Request) -> web.Response:
        return web.json_response({"number": self.audits.begin()})

    async def _audited(self, request: web.Request) -> web.Response:
        found = self.audits.get(request.match_info["number"])
        if found is None:
            raise web.HTTPNotFound
        return web.json_response(found)

    async def _switch(self, request: web.Request) -> web.Response:
        """Open the demonstration to the network, or close it."""
        if (await _body(request)).get("open") is not True:
            await self.network.close()
            return web.json_response(self.network.view())
        try:
            await self.network.open()
        except OSError as error:
            raise web.HTTPServiceUnavailable from error
        return web.json_response(self.network.view())

    async def _invite(self, request: web.Request) -> web.Response:
        """Give out an address by which one phone shows what a pane shows."""
        wish = await _body(request)
        names = [each.name for each in fields(Invitation)]
        invitation = Invitation(**{name: str(wish.get(name, "")) for name in names})
        if not SCREEN.fullmatch(invitation.screen):
            raise web.HTTPBadRequest
        code = self.network.invite(invitation)
        if code is None:
            raise web.HTTPConflict
        return web.json_response(code)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
