"""A push service that answers first and verifies afterwards, so that nobody waits for it.

Usage: `python -m loadtests.push.service PORT CERTIFICATE DEVICES ANSWER_MS`

Every request is kept as it came. `POST /verdict` then does with each what the sandbox does on
line, with the sandbox's own code: checks VAPID and the headers, decrypts the body with the
device's key, and shows it on the device's screen. Nothing is sampled.
"""

import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httptools
import uvloop
from multidict import CIMultiDict

from notifications.channels.vapid import public_key
from notifications.sandbox.devices import Device, DeviceStore, UndecryptableError
from notifications.sandbox.push import read_headers
from notifications.sandbox.vapid import PushRefusedError, check_vapid


VAPID_KEY = "XnBOqzs_dEXPBzGlSy_gogC-geF8aIKybPOtA_XwchQ"
"""Nothing but load tests is signed with it."""
ACCEPTED = b"HTTP/1.1 201 Created\r\nLocation: /m\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True)
class Kept:
    """One request as it came."""

    path: str
    headers: "CIMultiDict[str]"
    body: bytes
    at: float


@dataclass
class Service:
    """The devices, and what was pushed to them."""

    origin: str
    answer_seconds: float
    devices: dict[str, Device] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)

    def make_devices(self, count: int) -> None:
        store = DeviceStore(state_file=None)
        key = public_key(VAPID_KEY)
        for number in range(count):
            person = f"Person {number}"
            store.create(label="phone", person=person, phone="", vapid_public_key=key)
        self.devices = store.devices

    def verdict(self) -> dict[str, Any]:
        """Verify and forget everything kept; tell what was shown, by tag, and what was refused."""
        shown: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        before = sum(device.visible_count for device in self.devices.values())
        kept, self.kept = self.kept, []
        for each in kept:
            try:
                shown[self._show(each)] += 1
            except PushRefusedError as refusal:
                refused[refusal.code] += 1
            except UndecryptableError:
                refused["undecryptable"] += 1
        visible = sum(device.visible_count for device in self.devices.values()) - before
        return {"shown": shown, "visible": visible, "refused": refused, "received": len(kept)}

    def _show(self, kept: Kept) -> str:
        """Do what the sandbox does with a push; return its tag."""
        device = self.devices.get(kept.path.removeprefix("/push/"))
        if device is None:
            raise PushRefusedError(404, "subscription_unknown")
        authorization = kept.headers.get("Authorization")
        key = device.vapid_public_key
        check_vapid(authorization, origin=self.origin, key=key, now=kept.at)
        read_headers(kept.headers)
        message = device.decrypt(kept.body)
        device.receive(message, "", now=kept.at)
        return str(message["tag"])

    def answer(self, method: str, path: str) -> Any:
        """Answer those who run the load test."""
        match method, path:
            case "POST", "/verdict":
                return self.verdict()
            case "GET", "/devices":
                return [each.subscription(self.origin) for each in self.devices.values()]
            case _:
                return {"received": len(self.kept)}


class Line(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def _begin(self) -> None:
        self._url, self._body = b"", b""
        self._headers: CIMultiDict[str] = CIMultiDict()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path, method = self._url.decode(), self._parser.get_method().decode()
        if method == "POST" and path.startswith("/push/"):
            self._service.kept.append(Kept(path, self._headers, self._body, time.time()))
            self._loop.call_later(self._service.answer_seconds, self._write, ACCEPTED)
        else:
            said = json.dumps(self._service.answer(method, path)).encode()
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
        self._begin()

    def _write(self, said: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(said)


async def main(port: int, certificate: Path, devices: int, answer_ms: float) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    service = Service(f"https://127.0.0.1:{port}", answer_ms / 1000)
    service.make_devices(devices)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Line(service), "127.0.0.1", port, ssl=tls, backlog=1000
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
