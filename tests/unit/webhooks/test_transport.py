"""Posting: every address a name has is checked, and the connection goes to a checked one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from notifications.webhooks import transport
from notifications.webhooks.transport import HookTransport


class Names(AbstractResolver):
    """A name server that gives each answer once, as one that rebinds does; the last one stays."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked_count = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked_count += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for each in addresses
        ]

    async def close(self) -> None:
        """Hold nothing."""


@asynccontextmanager
async def listening(handler: Any) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    await runner.cleanup()


async def post(url: str, *, allow_loopback: bool = True, names: Names | None = None) -> Any:
    way = HookTransport(allow_loopback=allow_loopback, resolver=names)
    try:
        return await way.post(url, b"{}", {"Content-Type": "application/json"})
    finally:
        await way.close()


class TestAddresses:
    @pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
    async def test_behind_a_name_are_refused(self, address: str) -> None:
        answer = await post(
            "https://pos.example/hooks", allow_loopback=False, names=Names((address,))
        )
        assert answer.code == "address_refused"

    async def test_are_refused_all_when_one_of_them_is(self) -> None:
        names = Names(("93.184.215.14", "10.0.0.1"))
        answer = await post("https://pos.example/hooks", allow_loopback=False, names=names)
        assert answer.code == "address_refused"

    async def test_are_those_that_were_checked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that leads elsewhere when asked again is not asked again."""
        opened = []

        async def note(_loop: Any, _socket: Any, address: Any) -> None:
            opened.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", note)
        names = Names(("93.184.215.14",), ("127.0.0.1",))
        answer = await post("https://pos.example/hooks", allow_loopback=False, names=names)
        assert answer.code == "connection_refused"
        assert names.asked_count == 1
        assert set(opened) == {"93.184.215.14"}

    async def test_without_a_name_are_checked_at_the_last_door(self) -> None:
        way = HookTransport(allow_loopback=False)
        info = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 443))
        with pytest.raises(transport.AddressRefusedError):
            way._open_socket(info)
        await way.close()

    @pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
    async def test_in_odd_writing_are_refused(self, host: str) -> None:
        answer = await post(f"https://{host}/hooks", allow_loopback=False)
        assert answer.code in {"address_refused", "unknown_host"}


class TestAnswers:
    async def test_are_told_by_their_status(self) -> None:
        async def refuse(_request: web.Request) -> web.Response:
            return web.Response(status=503, headers={"Retry-After": "7"})

        async with listening(refuse) as url:
            answer = await post(url)
        assert (answer.status, answer.code, answer.retry_after_seconds) == (503, "http_503", 7.0)

    async def test_that_lead_elsewhere_are_not_followed(self) -> None:
        paths = []

        async def lead(request: web.Request) -> web.Response:
            paths.append(request.path)
            return web.Response(status=302, headers={"Location": "/elsewhere"})

        async with listening(lead) as url:
            answer = await post(url)
        assert (answer.code, paths) == ("http_302", ["/hooks"])

    async def test_that_never_end_are_cut_off(self) -> None:
        async def talk(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b"x" * 65536)

        async with listening(talk) as url:
            answer = await post(url)
        assert answer.is_accepted

    async def test_that_never_come_are_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "TIMEOUT_SECONDS", 0.2)

        async def sleep(_request: web.Request) -> web.Response:
            await asyncio.sleep(60)
            return web.Response()

        async with listening(sleep) as url:
            answer = await post(url)
        assert answer.code == "timeout"

    async def test_of_nobody_are_told_apart(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        assert (await post(f"http://127.0.0.1:{port}/hooks")).code == "connection_refused"
