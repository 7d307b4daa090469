"""Real browsers at the sandbox: they speak Mozilla's protocol over a WebSocket."""

from typing import Any
from uuid import uuid4

import aiohttp

from notifications.channels.vapid import public_key
from notifications.sandbox.autopush import SOCKET_PATH
from notifications.sandbox.devices import decode
from tests.notifications.running import VAPID_KEY, SandboxClient
from tests.notifications.sandbox.wire import authorization


BODY = b"only the browser can read this"


class Browser:
    """A browser's end of the socket; `channel` is its one subscription."""

    def __init__(self, sandbox: SandboxClient) -> None:
        self.sandbox = sandbox
        self.uaid: str | None = None
        self.channel = str(uuid4())
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def connect(self) -> None:
        self._socket = await self.sandbox.session.ws_connect(self.sandbox.url + SOCKET_PATH)
        hello = await self.ask(messageType="hello", use_webpush=True, uaid=self.uaid)
        assert hello["status"] == 200
        self.uaid = hello["uaid"]

    async def leave(self) -> None:
        assert self._socket is not None
        await self._socket.close()

    async def say(self, **frame: Any) -> None:
        assert self._socket is not None
        await self._socket.send_json(frame)

    async def hear(self) -> Any:
        assert self._socket is not None
        return await self._socket.receive_json(timeout=60)

    async def ask(self, **frame: Any) -> Any:
        await self.say(**frame)
        return await self.hear()

    async def subscribe(self) -> str:
        key = public_key(VAPID_KEY)
        told = await self.ask(messageType="register", channelID=self.channel, key=key)
        assert (told["status"], told["channelID"]) == (200, self.channel)
        return str(told["pushEndpoint"])


async def connected(sandbox: SandboxClient) -> tuple[Browser, str]:
    browser = Browser(sandbox)
    await browser.connect()
    return browser, await browser.subscribe()


async def push(sandbox: SandboxClient, endpoint: str, body: bytes = BODY, **headers: str) -> int:
    correct = {"Authorization": authorization(sandbox), "Content-Encoding": "aes128gcm"}
    wanted = {**correct, "TTL": "60", **headers}
    async with sandbox.session.post(endpoint, data=body, headers=wanted) as response:
        return response.status


class TestMessage:
    async def test_is_passed_on_as_it_came(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        assert await push(sandbox, endpoint) == 201
        heard = await browser.hear()
        assert (heard["messageType"], heard["channelID"]) == ("notification", browser.channel)
        assert decode(heard["data"]) == BODY
        assert heard["headers"] == {"encoding": "aes128gcm"}

    async def test_waits_for_a_browser_that_is_away(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        await browser.leave()
        assert await push(sandbox, endpoint) == 201
        await browser.connect()
        assert decode((await browser.hear())["data"]) == BODY

    async def test_comes_again_until_it_is_acknowledged(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        await push(sandbox, endpoint)
        first = await browser.hear()
        await browser.leave()
        await browser.connect()
        again = await browser.hear()
        assert again["version"] == first["version"]
        update = {"channelID": browser.channel, "version": again["version"], "code": 100}
        await browser.say(messageType="ack", updates=[update])
        await browser.leave()
        await browser.connect()
        await push(sandbox, endpoint, b"next")
        assert decode((await browser.hear())["data"]) == b"next"

    async def test_takes_the_place_of_one_on_the_same_topic(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        await browser.leave()
        for body in (b"old", b"new"):
            await push(sandbox, endpoint, body, Topic="order")
        await browser.connect()
        assert decode((await browser.hear())["data"]) == b"new"
        assert await browser.ask() == {}

    async def test_is_not_kept_when_it_is_for_now_only(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        await browser.leave()
        assert await push(sandbox, endpoint, TTL="0") == 201
        await browser.connect()
        assert await browser.ask() == {}

    async def test_of_another_sender_is_refused(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        assert await push(sandbox, endpoint, Authorization="vapid t=a.b.c,k=AAAA") == 403
        assert await browser.ask() == {}

    async def test_stands_in_the_ledger(self, sandbox: SandboxClient) -> None:
        _browser, endpoint = await connected(sandbox)
        await push(sandbox, endpoint)
        (entry,) = await sandbox.ledger("push")
        assert (entry["status"], entry["byte_count"]) == (201, len(BODY))
        assert endpoint.endswith(entry["device"])


class TestSubscription:
    async def test_needs_the_key_of_its_sender(self, sandbox: SandboxClient) -> None:
        browser, _endpoint = await connected(sandbox)
        for wrong in ({}, {"key": "AAAA"}, {"key": "é"}):
            told = await browser.ask(messageType="register", channelID="other", **wrong)
            assert told["status"] == 400

    async def test_is_the_same_when_asked_for_again(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        assert await browser.subscribe() == endpoint

    async def test_can_be_ended(self, sandbox: SandboxClient) -> None:
        browser, endpoint = await connected(sandbox)
        told = await browser.ask(messageType="unregister", channelID=browser.channel)
        assert told["status"] == 200
        assert await push(sandbox, endpoint) == 410

    async def test_is_forgotten_with_a_browser_that_is_unknown(
        self, sandbox: SandboxClient
    ) -> None:
        browser, _endpoint = await connected(sandbox)
        known = browser.uaid
        await browser.leave()
        browser.uaid = "of another service"
        await browser.connect()
        assert browser.uaid not in {known, "of another service"}


class TestSocket:
    async def test_says_nothing_to_one_that_did_not_greet(self, sandbox: SandboxClient) -> None:
        socket = await sandbox.session.ws_connect(sandbox.url + SOCKET_PATH)
        await socket.send_json({"messageType": "register", "channelID": "x", "key": "y"})
        await socket.send_json({})
        assert await socket.receive_json(timeout=60) == {}

    async def test_ends_with_nonsense(self, sandbox: SandboxClient) -> None:
        for nonsense in ("{", "[]", '{"messageType": 1}'):
            socket = await sandbox.session.ws_connect(sandbox.url + SOCKET_PATH)
            await socket.send_str(nonsense)
            assert (await socket.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE
