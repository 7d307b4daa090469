"""The way for phones of the same network, while it is open: they see the product, never the wall.

It passes on to the web process on loopback and in that one's own name, so that the product's rules
of hosts and origins stay as they are, and drops what makes a request the wall's.
"""

import asyncio
import re
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from web.demo.invitations import Invitations
from web.demo.mark import MARK


COOKIE: Final = "paidan_guest"
LOBBY: Final = "/app/demo/open"
"""Screen of the client that takes a session over, or says how to get a code."""
STATIC: Final = "/static/"
WALL: Final = "/app/demo/"
PRODUCT: Final = ("/app/", "/api/v1/", STATIC, "/t/", "/u/")
PRODUCT_PAGES: Final = frozenset({"/", "/ws/v1", "/sw.js"})
LARGEST_BYTES: Final = 16 * 1024 * 1024
BEAT_REAL_SECONDS: Final = 20.0
LOST_CODE: Final = 1001
UNSENT: Final = frozenset({1005, 1006, 1015})
"""Codes that say how a socket ended, and are never sent."""
OWN: Final = frozenset(
    f"""connection content-length cross-origin-opener-policy host keep-alive origin te trailer
    transfer-encoding upgrade proxy-authenticate proxy-authorization sec-websocket-extensions
    sec-websocket-key sec-websocket-protocol sec-websocket-version {MARK.lower()}""".split()
)
"""Headers that either side has for itself, what plain HTTP has no use for, and the wall's mark."""
SHARING: Final = re.compile(r"/api/v1/orders/[^/]+/share")
"""Where the product makes a link to an order, which names its own address."""


class Gateway:
    """Lets guests through to the web process at `base_url`."""

    def __init__(self, base_url: str, invitations: Invitations) -> None:
        """Listen nowhere yet."""
        self._base_url = base_url
        self._invitations = invitations
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    async def open(self, address: str, port: int) -> None:
        """Listen there.

        :raises OSError: when that is not possible.
        """
        application = web.Application(client_max_size=LARGEST_BYTES)
        application.router.add_get("/demo/open/{code}", self._come_in, allow_head=False)
        application.router.add_post("/demo/open", self._take_over)
        application.router.add_get("/t/{token}", self._follow_link, allow_head=False)
        application.router.add_route("*", "/{path:.*}", self._pass)
        runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, address, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def close(self) -> None:
        """Hang up on all guests, and listen no more."""
        runner, self._runner = self._runner, None
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if runner is not None:
            await runner.cleanup()

    async def _come_in(self, request: web.Request) -> web.StreamResponse:
        key = self._invitations.redeem(request.match_info["code"])
        return self._let_in(LOBBY, key)

    def _let_in(self, path: str, key: str | None) -> web.StreamResponse:
        answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Referrer-Policy"] = "no-referrer"
        if key is not None:
            answer.set_cookie(COOKIE, key, httponly=True, samesite="Lax")
        return answer

    async def _follow_link(self, request: web.Request) -> web.StreamResponse:
        """Let in whoever holds the link to an order: it is a secret, as a code is."""
        if self._invitations.is_guest(request.cookies.get(COOKIE, "")):
            return await self._pass(request)
        url, wish = f"{self._base_url}/api/v1/shares/read", {"token": request.match_info["token"]}
        try:
            async with self._asking.post(url, json=wish) as response:
                is_right = response.status == HTTPStatus.OK
        except aiohttp.ClientError:
            return _unavailable()
        if not is_right:
            return _shown_out(request)
        return self._let_in(request.rel_url.raw_path_qs, self._invitations.admit())

    async def _take_over(self, request: web.Request) -> web.StreamResponse:
        """Hand over the session of the pane, once."""
        key = request.cookies.get(COOKIE, "")
        invitation = self._invitations.take(key)
        if invitation is None:
            return _refused("not_invited")
        wish, mark = {"person": invitation.person}, {MARK: "1"}
        try:
            url = f"{self._base_url}/demo/api/sessions"
            async with self._asking.post(url, json=wish, headers=mark) as response:
                response.raise_for_status()
                session: dict[str, Any] = await response.json()
        except aiohttp.ClientError:
            self._invitations.put_back(key, invitation)
            return _unavailable()
        shown = {name: getattr(invitation, name) for name in ("pane", "screen", "locale")}
        return web.json_response(
            {**shown, "session": session}, headers={"Cache-Control": "no-store"}
        )

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        is_public = path == LOBBY or path.startswith(STATIC)
        if not _is_product(path) or not _is_own_page(request):
            return _refused("not_here")
        if not is_public and not self._invitations.is_guest(request.cookies.get(COOKIE, "")):
            return _shown_out(request)
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._pass_socket(request)
            return await self._pass_request(request)
        except aiohttp.ClientError:  # the web process may have been killed
            return _unavailable()

    async def _pass_request(self, request: web.Request) -> web.StreamResponse:
        body = await request.read() if request.can_read_body else None
        async with self._asking.request(
            request.method,
            self._url(request),
            data=body,
            headers=self._headers(request),
            allow_redirects=False,
        ) as found:
            if SHARING.fullmatch(request.path):
                return await self._shared_here(request, found)
            answer = web.StreamResponse(status=found.status, headers=_kept(found.headers))
            if "Content-Length" in found.headers:
                answer.content_length = int(found.headers["Content-Length"])
            await answer.prepare(request)
            async for piece in found.content.iter_any():
                await answer.write(piece)
            await answer.write_eof()
            return answer

    async def _shared_here(
        self, request: web.Request, found: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        """Answer with a link that leads here, where other phones find it."""
        text = (await found.text()).replace(self._base_url, f"http://{request.host}")
        return web.Response(text=text, status=found.status, headers=_kept(found.headers))

    async def _pass_socket(self, request: web.Request) -> web.StreamResponse:
        spoken = request.headers.get("Sec-WebSocket-Protocol", "")
        protocols = [each.strip() for each in spoken.split(",") if each.strip()]
        async with self._asking.ws_connect(
            self._url(request), headers=self._headers(request), protocols=protocols, max_msg_size=0
        ) as inner:
            chosen = [inner.protocol] if inner.protocol else []
            outer = web.WebSocketResponse(protocols=chosen, heartbeat=BEAT_REAL_SECONDS)
            await outer.prepare(request)
            ways = [
                asyncio.ensure_future(_carry(*way)) for way in ((inner, outer), (outer, inner))
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
            code = inner.close_code
            await outer.close(code=LOST_CODE if code is None or code in UNSENT else code)
            return outer

    @property
    def _asking(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise aiohttp.ClientConnectionError
        return self._session

    def _url(self, request: web.Request) -> URL:
        return URL(f"{self._base_url}{request.rel_url.raw_path_qs}", encoded=True)

    def _headers(self, request: web.Request) -> CIMultiDict[str]:
        headers = _kept(request.headers)
        if "Origin" in request.headers:
            headers["Origin"] = self._base_url
        if SHARING.fullmatch(request.path):
            headers["Accept-Encoding"] = "identity"  # it is read here
        return headers


Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


async def _carry(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)


def _kept(headers: Any) -> CIMultiDict[str]:
    """Headers that go on; servers take "_" for "-", so that no name with one may pass."""
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in OWN and "_" not in name
    )


def _is_product(path: str) -> bool:
    if ".." in path.split("/") or (path.startswith(WALL) and path != LOBBY):
        return False
    return path in PRODUCT_PAGES or path.startswith(PRODUCT)


def _is_own_page(request: web.Request) -> bool:
    """Whether no page of another site asks."""
    origin = request.headers.get("Origin")
    return origin is None or origin == f"http://{request.host}"


def _shown_out(request: web.Request) -> web.StreamResponse:
    """Tell a stranger how to come in; programs are refused."""
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": LOBBY})
    return _refused("not_invited")


def _refused(code: str) -> web.StreamResponse:
    return web.json_response({"code": code}, status=HTTPStatus.FORBIDDEN)


def _unavailable() -> web.StreamResponse:
    return web.json_response({"code": "unavailable"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
