"""Simulated apps on phones: which vendor's token each has, and what is on its screen."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.devices import DEVICE_LIMIT, Phone
from notifications.sandbox.push import Connection, show_device


TOKEN_BYTES: Final = {"fcm": 96, "apns": 32}


class NewApp(Body):
    """An app that was installed on a phone."""

    kind: Literal["fcm", "apns"]
    app_id: str = Field(min_length=1, max_length=128)
    label: str = Field(default="", max_length=100)
    person: str = Field(default="", max_length=100)
    phone: str = Field(default="", max_length=20)
    sender: str = Field(default="", max_length=100)
    """Another Firebase project than the sandbox's own, whose messages alone it takes."""
    environment: Literal["production", "development"] = "production"


class Uninstalled(Body):
    """When the vendor noticed; now unless said."""

    ago_seconds: float = Field(default=0.0, ge=0)


@dataclass(slots=True, kw_only=True)
class AppPhone(Phone):
    """One app on one phone."""

    kind: str
    app_id: str
    sender: str = ""
    environment: str = "production"
    token: str = ""
    gone_at: float = 0.0
    """UNIX time from which the vendor knows that it was removed."""
    pushes: list[dict[str, object]] = field(default_factory=list)
    """Raw messages, as the vendor took them."""


class AppStore:
    """All simulated apps, by the token that their vendor gave them."""

    def __init__(self) -> None:
        self._apps: dict[str, AppPhone] = {}
        self._by_token: dict[str, AppPhone] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/apps", self._install),
            web.get("/apps/{app}", self._show),
            web.post("/apps/{app}/rotate", self._rotate),
            web.put("/apps/{app}/connection", self._connect),
            web.delete("/apps/{app}", self._remove),
        ]

    def phones(self) -> Iterable[AppPhone]:
        return self._apps.values()

    def find(self, token: str, *, kind: str) -> AppPhone | None:
        """Return the app that a vendor gave `token`, also one that is gone or has a new one."""
        found = self._by_token.get(token)
        return found if found is not None and found.kind == kind else None

    async def _install(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, NewApp)
        if len(self._apps) >= DEVICE_LIMIT:
            return answer(507, "too_many_devices")
        app = AppPhone(device_id=secrets.token_urlsafe(12), **wanted.model_dump())
        self._apps[app.device_id] = app
        self._give_token(app)
        return web.json_response(_view(app), status=201)

    async def _show(self, request: web.Request) -> web.Response:
        app = self._apps.get(request.match_info["app"])
        return answer(404, "app_unknown") if app is None else web.json_response(_view(app))

    async def _rotate(self, request: web.Request) -> web.Response:
        """Give the app another token, as vendors do now and then; the old one is gone."""
        app = self._apps.get(request.match_info["app"])
        if app is None:
            return answer(404, "app_unknown")
        self._give_token(app)
        return web.json_response(_view(app))

    async def _connect(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, Connection)
        app = self._apps.get(request.match_info["app"])
        if app is None:
            return answer(404, "app_unknown")
        if wanted.online:
            app.go_online(now=time.time())
        else:
            app.is_online = False
        return web.json_response(_view(app))

    async def _remove(self, request: web.Request) -> web.Response:
        wanted = Uninstalled()
        if request.can_read_body:
            wanted = await read_body(request, Uninstalled)
        app = self._apps.get(request.match_info["app"])
        if app is None:
            return answer(404, "app_unknown")
        app.is_gone = True
        app.gone_at = time.time() - wanted.ago_seconds
        app.screen.clear()
        app.waiting.clear()
        return web.json_response(_view(app))

    def _give_token(self, app: AppPhone) -> None:
        size = TOKEN_BYTES[app.kind]
        app.token = secrets.token_hex(size) if app.kind == "apns" else secrets.token_urlsafe(size)
        self._by_token[app.token] = app


def _view(app: AppPhone) -> dict[str, object]:
    return {
        **show_device(app),
        "kind": app.kind,
        "app_id": app.app_id,
        "environment": app.environment,
        "token": app.token,
        "pushes": app.pushes,
    }
