"""The simulated push service: RFC 8030 requests, RFC 8292 senders, RFC 8291 messages."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, Field

from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.browsers import BrowserStore, Passed
from notifications.sandbox.devices import (
    Device,
    DeviceStore,
    Phone,
    StoreFullError,
    UndecryptableError,
    Waiting,
    decode,
)
from notifications.sandbox.faults import FAULT, Channel, FaultBoard
from notifications.sandbox.ledger import Ledger, moment
from notifications.sandbox.vapid import PushRefusedError, check_vapid


BODY_LIMIT_BYTES = 4096
TTL_LIMIT_SECONDS = 28 * 24 * 3600
URGENCIES = frozenset({"very-low", "low", "normal", "high"})
BROWSER_PATH: Final = "/push/browsers/"
"""Where the addresses of real browsers stand."""
Deliver = Callable[[web.Request, bytes], Awaitable[dict[str, object]]]
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


def _check_point(key: str) -> str:
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
    return key


def is_point(key: str) -> bool:
    """Whether `key` is a public key that a sender can prove itself by."""
    try:
        _check_point(key)
    except ValueError:
        return False
    return True


class NewDevice(Body):
    """What a device tells when it subscribes."""

    label: str = Field(max_length=100)
    person: str = Field(max_length=100)
    phone: str = Field(default="", max_length=20)
    vapid_public_key: Annotated[str, AfterValidator(_check_point)]


class Connection(Body):
    """Whether a device can be reached."""

    online: bool


@dataclass(frozen=True, slots=True)
class PushHeaders:
    """The delivery wishes of one push request."""

    ttl_seconds: int
    urgency: str
    topic: str | None


def read_headers(headers: Mapping[str, str]) -> PushHeaders:
    """Return the checked RFC 8030 headers.

    :raises PushRefusedError: 400 when one is missing or malformed.
    """
    if headers.get("Content-Encoding") != "aes128gcm":
        raise PushRefusedError(400, "content_encoding_invalid")
    ttl = headers.get("TTL", "")
    if not (ttl.isascii() and ttl.isdecimal()):
        raise PushRefusedError(400, "ttl_invalid")
    urgency = headers.get("Urgency", "normal")
    if urgency not in URGENCIES:
        raise PushRefusedError(400, "urgency_invalid")
    topic = headers.get("Topic")
    if topic is not None and TOPIC.fullmatch(topic) is None:
        raise PushRefusedError(400, "topic_invalid")
    return PushHeaders(min(int(ttl), TTL_LIMIT_SECONDS), urgency, topic)


def check_request(request: web.Request, body: bytes, *, key: str, now: float) -> PushHeaders:
    """Return the wishes of a request from the application server that has `key`.

    :raises PushRefusedError: somebody else sends it, or it is not as it must be.
    """
    authorization, origin = request.headers.get("Authorization"), str(request.url.origin())
    check_vapid(authorization, origin=origin, key=key, now=now)
    headers = read_headers(request.headers)
    if len(body) > BODY_LIMIT_BYTES:
        raise PushRefusedError(413, "body_too_large")
    return headers


class PushService:
    """Accepts pushes for simulated devices and for real browsers."""

    def __init__(self, *, store: DeviceStore, browsers: BrowserStore, ledger: Ledger) -> None:
        """Show accepted pushes on the store's devices, pass on browsers'; record every request."""
        self._store = store
        self._browsers = browsers
        self._ledger = ledger

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        """Return the routes of the service and of the devices it plays."""
        return [
            web.post("/push/devices", self._subscribe),
            web.get("/push/devices/{device}", self._show),
            web.put("/push/devices/{device}/connection", self._connect),
            web.delete("/push/devices/{device}", self._unsubscribe),
            web.post("/push/{device}", faults.guard(Channel.PUSH, self._accept)),
            web.post(
                BROWSER_PATH + "{device}", faults.guard(Channel.PUSH, self._accept_for_browser)
            ),
        ]

    async def _accept(self, request: web.Request) -> web.Response:
        return await self._answer(request, self._deliver)

    async def _accept_for_browser(self, request: web.Request) -> web.Response:
        return await self._answer(request, self._pass_on)

    async def _answer(self, request: web.Request, deliver: Deliver) -> web.Response:
        body = await request.read()
        facts: dict[str, object] = {
            "device": request.match_info["device"],
            "fault": request.get(FAULT),
            "byte_count": len(body),
            "topic": request.headers.get("Topic"),
            "urgency": request.headers.get("Urgency"),
            "ttl": request.headers.get("TTL"),
        }
        try:
            facts |= await deliver(request, body)
        except PushRefusedError as refusal:
            self._ledger.record(at=time.time(), **facts, status=refusal.status, code=refusal.code)
            return answer(refusal.status, refusal.code)
        self._ledger.record(at=time.time(), **facts, status=201)
        headers = {"Location": f"/push/messages/{facts['message_id']}", "TTL": str(facts["ttl"])}
        return web.Response(status=201, headers=headers)

    async def _deliver(self, request: web.Request, body: bytes) -> dict[str, object]:
        now = time.time()
        device = self._find(request)
        headers = check_request(request, body, key=device.vapid_public_key, now=now)
        try:
            message = device.decrypt(body)
        except UndecryptableError as error:
            # A real service cannot tell; here the sender's mistake is said aloud.
            raise PushRefusedError(400, "undecryptable") from error
        message_id = secrets.token_urlsafe(16)
        device.accepted_count += 1
        if device.is_online:
            device.receive(message, message_id, now=now)
        elif headers.ttl_seconds > 0:
            waiting = Waiting(message, message_id, now + headers.ttl_seconds)
            device.keep(waiting, topic=headers.topic)
        return {"message_id": message_id, "message": message, "person": device.person}

    async def _pass_on(self, request: web.Request, body: bytes) -> dict[str, object]:
        now = time.time()
        channel = self._browsers.channel(request.match_info["device"])
        if channel is None:
            raise PushRefusedError(410, "subscription_gone")
        headers = check_request(request, body, key=channel.vapid_public_key, now=now)
        passed = Passed(
            version=secrets.token_urlsafe(16),
            channel_id=channel.channel_id,
            body=body,
            expires_at=now + headers.ttl_seconds,
            topic=headers.topic,
        )
        if channel.browser.is_online or headers.ttl_seconds > 0:
            await channel.browser.take(passed)
        return {"message_id": passed.version}

    def _find(self, request: web.Request) -> Device:
        device = self._store.devices.get(request.match_info["device"])
        if device is None:
            raise PushRefusedError(404, "subscription_unknown")
        if device.is_gone:
            raise PushRefusedError(410, "subscription_gone")
        return device

    async def _subscribe(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, NewDevice)
        try:
            device = self._store.create(**wanted.model_dump())
        except StoreFullError:
            return answer(507, "too_many_devices")
        subscription = device.subscription(str(request.url.origin()))
        return web.json_response({"device_id": device.device_id, **subscription}, status=201)

    async def _show(self, request: web.Request) -> web.Response:
        device = self._store.devices.get(request.match_info["device"])
        if device is None:
            return answer(404, "subscription_unknown")
        return web.json_response(show_device(device))

    async def _connect(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, Connection)
        device = self._store.devices.get(request.match_info["device"])
        if device is None:
            return answer(404, "subscription_unknown")
        if wanted.online:
            device.go_online(now=time.time())
        else:
            device.is_online = False
        return web.json_response(show_device(device))

    async def _unsubscribe(self, request: web.Request) -> web.Response:
        device = self._store.devices.get(request.match_info["device"])
        if device is None:
            return answer(404, "subscription_unknown")
        self._store.remove(device)
        return web.Response(status=204)


def show_device(device: Phone) -> dict[str, object]:
    """Return a device and its screen, oldest card first, as JSON for pages and tests."""
    return {
        "device_id": device.device_id,
        "label": device.label,
        "person": device.person,
        "phone": device.phone,
        "is_online": device.is_online,
        "is_gone": device.is_gone,
        "raw_count": device.accepted_count,
        "visible_count": device.visible_count,
        "waiting_count": len(device.waiting),
        "cards": [
            {
                "tag": tag,
                "message": card.message,
                "shown_at": moment(card.shown_at),
                "repeat_count": card.repeat_count,
            }
            for tag, card in device.screen.items()
        ],
    }
