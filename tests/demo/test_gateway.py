"""Phones of the network: one comes in for each code, and nobody reaches the wall from outside."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from web.demo.invitations import CODE_SECONDS, Invitation, Invitations
from web.demo.mark import MARK
from web.demo.network import LOOPBACK, Network, lan_address


PANE = Invitation(pane="courier", person="7", screen="courier/index", locale="en")
HTML = {"Accept": "text/html"}
LINK = "signed-link"


class Product:
    """A web process that notes what reaches it."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.is_down = False
        application = web.Application()
        application.router.add_post("/demo/api/sessions", self._session)
        application.router.add_post("/api/v1/shares/read", self._read_share)
        application.router.add_post("/api/v1/orders/{order}/share", self._share)
        application.router.add_get("/ws/v1", self._echo)
        application.router.add_route("*", "/{path:.*}", self._note)
        self._runner = web.AppRunner(application)
        self.url = ""

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _session(self, request: web.Request) -> web.Response:
        assert request.headers[MARK]
        if self.is_down:
            raise web.HTTPBadGateway
        return web.json_response({"token": "secret", "person": await request.json()})

    async def _share(self, request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return web.json_response({"url": f"{self.url}/t/{LINK}"}, status=201)

    async def _read_share(self, request: web.Request) -> web.Response:
        if self.is_down:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=200 if (await request.json())["token"] == LINK else 404)

    async def _note(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return web.Response(body=await request.read() or b"hello", headers={"X-Of": "product"})

    async def _echo(self, request: web.Request) -> web.WebSocketResponse:
        self.asked.append(request)
        socket = web.WebSocketResponse(protocols=["paidan.v1"])
        await socket.prepare(request)
        async for message in socket:
            if message.data == "die" and request.transport is not None:
                request.transport.abort()
            elif message.data == "leave":
                await socket.close(code=4001)
            else:
                await socket.send_str(message.data)
        return socket


class Phone:
    """A browser on another machine."""

    def __init__(self, network: Network, session: aiohttp.ClientSession) -> None:
        self.network = network
        self.session = session

    async def ask(self, path: str, *, method: str = "GET", **options: Any) -> tuple[int, str]:
        url = path if path.startswith("http") else f"{self.network.url}{path}"
        async with self.session.request(method, url, allow_redirects=False, **options) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def scan(self) -> str:
        code = self.network.invite(PANE)
        assert code is not None
        await self.ask(code["url"])
        return str(code["url"])

    async def take_over(self) -> tuple[int, str]:
        return await self.ask("/demo/open", method="POST")


@pytest.fixture
async def product() -> AsyncIterator[Product]:
    made = Product()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def network(product: Product) -> AsyncIterator[Network]:
    """An open one; it listens on loopback, where a test may."""
    made = Network(product.url, LOOPBACK)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def phone(network: Network) -> AsyncIterator[Phone]:
    jar = aiohttp.CookieJar(unsafe=True)  # an address has cookies, too
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Phone(network, session)


class TestCode:
    def test_works_once(self) -> None:
        invitations = Invitations()
        code = invitations.invite(PANE)
        key = invitations.redeem(code)
        assert key is not None
        assert invitations.redeem(code) is None
        assert invitations.take(key) == PANE
        assert invitations.take(key) is None
        assert invitations.is_guest(key)

    def test_runs_out(self) -> None:
        now = [0.0]
        invitations = Invitations(seconds=lambda: now[0])
        code = invitations.invite(PANE)
        now[0] = CODE_SECONDS
        assert invitations.redeem(code) is None

    def test_is_too_long_to_be_guessed(self) -> None:
        codes = {Invitations().invite(PANE) for _turn in range(100)}
        assert len(codes) == 100
        assert min(map(len, codes)) >= 128 / 6

    def test_is_needed(self) -> None:
        invitations = Invitations()
        invitations.invite(PANE)
        assert not invitations.is_guest("")


class TestNetwork:
    async def test_is_closed_until_it_is_opened(self, product: Product) -> None:
        network = Network(product.url, LOOPBACK)
        assert network.view()["url"] == ""
        assert network.invite(PANE) is None

    async def test_forgets_guests_and_codes_when_it_closes(self, phone: Phone) -> None:
        await phone.scan()
        code = phone.network.invite(PANE)
        assert code is not None
        await phone.network.close()
        with pytest.raises(aiohttp.ClientConnectionError):
            await phone.ask(code["url"])
        await phone.network.open()
        assert (await phone.ask("/api/v1/client"))[0] == 403

    async def test_says_when_nothing_can_listen_there(self, product: Product) -> None:
        with pytest.raises(OSError, match="nothing can listen"):
            await Network(product.url, "203.0.113.1").open()

    async def test_takes_another_port_where_the_wall_has_its_own(self, phone: Phone) -> None:
        assert phone.network.url != phone.network.base_url
        assert phone.network.view()["is_local"]

    def test_knows_an_address_without_sending_anything(self) -> None:
        assert lan_address().count(".") == 3


class TestGuest:
    async def test_is_handed_the_session_of_the_pane_once(self, phone: Phone) -> None:
        await phone.scan()
        status, text = await phone.take_over()
        assert status == 200
        assert '"screen": "courier/index"' in text
        assert '"token": "secret"' in text
        assert (await phone.take_over())[0] == 403

    async def test_asks_again_when_the_web_process_was_away(
        self, phone: Phone, product: Product
    ) -> None:
        await phone.scan()
        product.is_down = True
        assert (await phone.take_over())[0] == 503
        product.is_down = False
        assert (await phone.take_over())[0] == 200

    async def test_reaches_the_product_in_the_name_of_this_machine(
        self, phone: Phone, product: Product
    ) -> None:
        await phone.scan()
        own = {"Origin": phone.network.url}
        status, text = await phone.ask(
            "/api/v1/orders?limit=1", method="POST", data=b"body", headers=own
        )
        assert (status, text) == (200, "body")
        assert f"http://{product.asked[-1].host}" == product.url
        assert product.asked[-1].headers["Origin"] == product.url
        assert product.asked[-1].query["limit"] == "1"

    async def test_has_a_socket_that_ends_as_the_product_ends_it(self, phone: Phone) -> None:
        await phone.scan()
        url = f"{phone.network.url}/ws/v1"
        async with phone.session.ws_connect(url, protocols=["paidan.v1"]) as socket:
            assert socket.protocol == "paidan.v1"
            await socket.send_str("hello")
            assert await socket.receive_str() == "hello"
            await socket.send_str("leave")
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4001

    async def test_loses_the_socket_when_the_web_process_is_killed(self, phone: Phone) -> None:
        await phone.scan()
        async with phone.session.ws_connect(f"{phone.network.url}/ws/v1") as socket:
            await socket.send_str("die")
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 1001

    async def test_asks_nobody_else(self, phone: Phone, product: Product) -> None:
        await phone.scan()
        assert await _raw(phone, "http://elsewhere.example/api/v1/client") == 200
        assert f"http://{product.asked[-1].host}" == product.url

    async def test_shares_an_order_under_the_address_of_the_network(self, phone: Phone) -> None:
        await phone.scan()
        status, text = await phone.ask("/api/v1/orders/7/share", method="POST")
        assert status == 201
        assert f'"{phone.network.url}/t/{LINK}"' in text

    async def test_is_told_when_the_web_process_is_gone(
        self, phone: Phone, product: Product
    ) -> None:
        await phone.scan()
        await product.stop()
        assert (await phone.ask("/api/v1/client"))[0] == 503

    @pytest.mark.parametrize("mark", [MARK, MARK.lower(), MARK.replace("-", "_")])
    async def test_never_speaks_for_the_wall(
        self, phone: Phone, product: Product, mark: str
    ) -> None:
        await phone.scan()
        await phone.ask("/api/v1/client", headers={mark: "1"})
        names = {name.upper().replace("-", "_") for name in product.asked[-1].headers}
        assert MARK.upper().replace("-", "_") not in names

    @pytest.mark.parametrize(
        "path",
        [
            "/demo",
            "/demo/api/scene",
            "/demo/api/sessions",
            "/demo/api/control/network",
            "/%64emo/api/scene",
            "//demo/api/scene",
            "/app/../demo/api/scene",
            "/app/%2e%2e/demo/api/scene",
            "/app/demo/index",
            "/metrics",
            "/readyz",
            "/hub/v1/orders",
            "http://127.0.0.1/demo/api/scene",
        ],
    )
    async def test_reaches_neither_the_wall_nor_the_machine(
        self, phone: Phone, product: Product, path: str
    ) -> None:
        await phone.scan()
        assert await _raw(phone, path) == 403
        assert product.asked == []

    async def test_is_no_page_of_another_site(self, phone: Phone, product: Product) -> None:
        await phone.scan()
        other = {"Origin": "http://evil.example"}
        assert (await phone.ask("/api/v1/client", headers=other))[0] == 403
        assert product.asked == []


async def _raw(phone: Phone, path: str) -> int:
    """Ask by bytes, as a program would that tidies nothing up; return the status."""
    host, port = phone.network.url.removeprefix("http://").split(":")
    cookies = "; ".join(f"{each.key}={each.value}" for each in phone.session.cookie_jar)
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{MARK}: 1\r\nCookie: {cookies}\r\n\r\n"
    writer.write(head.encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


class TestStranger:
    async def test_is_refused(self, phone: Phone, product: Product) -> None:
        assert (await phone.ask("/api/v1/client"))[0] == 403
        assert (await phone.ask("/ws/v1"))[0] == 403
        assert (await phone.take_over())[0] == 403
        assert product.asked == []

    async def test_is_told_how_to_come_in(self, phone: Phone, product: Product) -> None:
        assert await phone.ask("/", headers=HTML) == (303, "/app/demo/open")
        assert (await phone.ask("/app/demo/open"))[0] == 200
        assert (await phone.ask("/static/app/main.js"))[0] == 200
        assert len(product.asked) == 2

    async def test_gets_nothing_by_a_code_that_was_used(self, phone: Phone) -> None:
        code = await phone.scan()
        phone.session.cookie_jar.clear()
        assert await phone.ask(code) == (303, "/app/demo/open")
        assert (await phone.take_over())[0] == 403
        assert (await phone.ask("/api/v1/client"))[0] == 403

    async def test_uses_up_no_code_by_looking(self, phone: Phone) -> None:
        code = phone.network.invite(PANE)
        assert code is not None
        await phone.ask(code["url"], method="HEAD")
        await phone.ask(code["url"])
        assert (await phone.take_over())[0] == 200

    async def test_comes_in_by_the_link_of_a_shared_order(
        self, phone: Phone, product: Product
    ) -> None:
        assert await phone.ask(f"/t/{LINK}", headers=HTML) == (303, f"/t/{LINK}")
        assert (await phone.ask(f"/t/{LINK}"))[0] == 200
        assert (await phone.ask("/api/v1/client"))[0] == 200
        assert (await phone.take_over())[0] == 403
        assert len(product.asked) == 2

    async def test_gets_nothing_by_a_forged_link(self, phone: Phone, product: Product) -> None:
        assert await phone.ask("/t/forged", headers=HTML) == (303, "/app/demo/open")
        assert (await phone.ask("/api/v1/client"))[0] == 403
        product.is_down = True
        assert (await phone.ask(f"/t/{LINK}"))[0] == 503
        assert product.asked == []
