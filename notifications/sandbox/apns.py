"""Apple Push Notification service's wire form: HTTP/2, provider tokens, headers and reasons.

Written from the vendor's description, apart from our own adapter.
"""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid4

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.sandbox.app_phones import AppPhone, AppStore
from notifications.sandbox.bearer import TokenInvalidError, read_token
from notifications.sandbox.devices import Waiting
from notifications.sandbox.faults import HANG_SECONDS, Channel, Fault, FaultBoard, FaultMode
from notifications.sandbox.http2 import H2Answer, H2Request
from notifications.sandbox.ledger import Ledger


TEAM_ID: Final = "SANDBOX001"
KEY_ID: Final = "SANDBOXKEY"
PATH: Final = re.compile(r"/apns(?P<world>/development)?/3/device/(?P<token>[^/]*)")
TOKEN_SECONDS: Final = 3600
CLOCK_SECONDS: Final = 300
BETWEEN_TOKENS_SECONDS: Final = 1200
PAYLOAD_LIMIT_BYTES: Final = 4096
COLLAPSE_LIMIT_BYTES: Final = 64
PUSH_TYPES: Final = frozenset(
    {"alert", "background", "location", "voip", "complication", "fileprovider", "mdm",
     "liveactivity", "pushtotalk", "widgets", "controls"}
)  # fmt: skip
PRIORITIES: Final = frozenset({"1", "5", "10"})
REASONS: Final[Mapping[str, int]] = {
    "BadCollapseId": 400,
    "BadDeviceToken": 400,
    "BadExpirationDate": 400,
    "BadMessageId": 400,
    "BadPriority": 400,
    "DeviceTokenNotForTopic": 400,
    "DuplicateHeaders": 400,
    "InvalidPushType": 400,
    "MissingDeviceToken": 400,
    "MissingTopic": 400,
    "PayloadEmpty": 400,
    "ExpiredProviderToken": 403,
    "InvalidProviderToken": 403,
    "MissingProviderToken": 403,
    "BadPath": 404,
    "MethodNotAllowed": 405,
    "Unregistered": 410,
    "PayloadTooLarge": 413,
    "TooManyProviderTokenUpdates": 429,
    "TooManyRequests": 429,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
}
BY_FAULT: Final = {
    FaultMode.INTERNAL_ERROR: "InternalServerError",
    FaultMode.TOO_MANY: "TooManyRequests",
    FaultMode.UNAVAILABLE: "ServiceUnavailable",
    FaultMode.GONE: "Unregistered",
    FaultMode.TOO_LARGE: "PayloadTooLarge",
}


class ApnsRefusedError(Exception):
    """The vendor refuses a message for one of its reasons."""

    def __init__(self, reason: str, *, gone_at: float | None = None) -> None:
        """Keep when the app was gone (UNIX time), where that is the reason."""
        super().__init__(reason)
        self.reason = reason
        self.gone_at = gone_at


class Apns:
    """Answers HTTP/2 requests below ``/apns`` and ``/apns/development``, Apple's two worlds."""

    def __init__(self, *, apps: AppStore, ledger: Ledger, faults: FaultBoard) -> None:
        self._apps = apps
        self._ledger = ledger
        self._faults = faults
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._expired: set[str] = set()
        self._seen: dict[int, tuple[str, float]] = {}
        """By connection, the last provider token and since when."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/apns/account", self._account),
            web.delete("/apns/tokens", self._expire),
        ]

    async def answer(self, request: H2Request) -> H2Answer:
        """Answer one request, as the faults that are ordered have it."""
        fault = self._faults.take(Channel.APNS)
        if fault is None:
            return self._serve(request, fault=None)
        if fault.mode in BY_FAULT:
            return self._refuse_by(fault)
        if fault.mode is FaultMode.SLOW:
            await asyncio.sleep(fault.delay_seconds)
            return self._serve(request, fault=fault.mode)
        if fault.mode is FaultMode.ACCEPT_THEN_RESET:
            self._serve(request, fault=fault.mode)
            return H2Answer(status=None)
        self._ledger.record(at=time.time(), fault=fault.mode)
        if fault.mode is FaultMode.HANG:
            await asyncio.sleep(HANG_SECONDS)
        return H2Answer(status=None)

    async def _account(self, _request: web.Request) -> web.Response:
        """Give what Apple's console would give."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        account = {"team_id": TEAM_ID, "key_id": KEY_ID, "private_key": pem.decode()}
        return web.json_response(account)

    async def _expire(self, _request: web.Request) -> web.Response:
        """Find every provider token that was shown so far too old."""
        self._expired |= {token for token, _ in self._seen.values()}
        self._seen.clear()
        return web.Response(status=204)

    def _refuse_by(self, fault: Fault) -> H2Answer:
        reason = BY_FAULT[fault.mode]
        self._ledger.record(at=time.time(), fault=fault.mode, status=int(fault.mode), code=reason)
        refusal = ApnsRefusedError(
            reason, gone_at=time.time() if reason == "Unregistered" else None
        )
        after = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
        return _refusal(refusal, headers=after)

    def _serve(self, request: H2Request, *, fault: str | None) -> H2Answer:
        now = time.time()
        named = {name: value for name, value in request.headers.items() if name[:5] == "apns-"}
        facts: dict[str, object] = {
            "fault": fault,
            "connection": request.connection,
            "byte_count": len(request.body),
            **named,
        }
        message_id = request.headers.get("apns-id") or str(uuid4())
        try:
            facts |= self._deliver(request, message_id, now=now)
        except ApnsRefusedError as refusal:
            status = REASONS[refusal.reason]
            self._ledger.record(at=now, **facts, status=status, code=refusal.reason)
            return _refusal(refusal, headers={"apns-id": message_id})
        self._ledger.record(at=now, **facts, status=200, message_id=message_id)
        return H2Answer(status=200, headers={"apns-id": message_id})

    def _deliver(self, request: H2Request, message_id: str, *, now: float) -> dict[str, object]:
        path = PATH.fullmatch(request.headers.get(":path", ""))
        if request.headers.get(":method") != "POST":
            raise ApnsRefusedError("MethodNotAllowed")
        if path is None:
            raise ApnsRefusedError("BadPath")
        if any(name.startswith("apns-") for name in request.repeated):
            raise ApnsRefusedError("DuplicateHeaders")
        self._check_token(request, now=now)
        ends_at = _check_headers(request.headers)
        shown = _read(request.body)
        world = "development" if path["world"] else "production"
        app = self._find(path["token"], world, request.headers.get("apns-topic", ""))
        shown["tag"] = request.headers.get("apns-collapse-id", message_id)
        app.accepted_count += 1
        app.pushes.append({**json.loads(request.body), "headers": dict(request.headers)})
        if app.is_online:
            app.receive(shown, message_id, now=now)
        elif ends_at > now:
            topic = request.headers.get("apns-collapse-id")
            app.keep(Waiting(shown, message_id, ends_at), topic=topic)
        return {"device": app.device_id, "person": app.person}

    def _check_token(self, request: H2Request, *, now: float) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApnsRefusedError("MissingProviderToken")
        try:
            header, claims = read_token(token, self._key.public_key())
        except TokenInvalidError as error:
            raise ApnsRefusedError("InvalidProviderToken") from error
        issued = claims.get("iat")
        named = (header.get("kid"), claims.get("iss"))
        if named != (KEY_ID, TEAM_ID) or not isinstance(issued, int):
            raise ApnsRefusedError("InvalidProviderToken")
        if issued > now + CLOCK_SECONDS:
            raise ApnsRefusedError("InvalidProviderToken")
        if token in self._expired or issued < now - TOKEN_SECONDS:
            raise ApnsRefusedError("ExpiredProviderToken")
        last, since = self._seen.get(request.connection, (token, now))
        if last != token and now - since < BETWEEN_TOKENS_SECONDS:
            raise ApnsRefusedError("TooManyProviderTokenUpdates")
        self._seen[request.connection] = (token, since if last == token else now)

    def _find(self, token: str, world: str, topic: str) -> AppPhone:
        if not token:
            raise ApnsRefusedError("MissingDeviceToken")
        app = self._apps.find(token, kind="apns")
        if app is None or app.environment != world:
            raise ApnsRefusedError("BadDeviceToken")
        if app.app_id != topic:
            raise ApnsRefusedError("DeviceTokenNotForTopic")
        if app.is_gone or app.token != token:
            raise ApnsRefusedError("Unregistered", gone_at=app.gone_at or time.time())
        return app


def _check_headers(headers: Mapping[str, str]) -> float:
    """Return until when (UNIX time) the message is kept for a phone that is off."""
    if not headers.get("apns-topic"):
        raise ApnsRefusedError("MissingTopic")
    if headers.get("apns-push-type", "alert") not in PUSH_TYPES:
        raise ApnsRefusedError("InvalidPushType")
    if headers.get("apns-priority", "10") not in PRIORITIES:
        raise ApnsRefusedError("BadPriority")
    if len(headers.get("apns-collapse-id", "").encode()) > COLLAPSE_LIMIT_BYTES:
        raise ApnsRefusedError("BadCollapseId")
    ends_at = headers.get("apns-expiration", "0")
    if not (ends_at.isascii() and ends_at.isdecimal()):
        raise ApnsRefusedError("BadExpirationDate")
    try:
        UUID(headers.get("apns-id", str(uuid4())))
    except ValueError as error:
        raise ApnsRefusedError("BadMessageId") from error
    return float(ends_at)


def _read(body: bytes) -> dict[str, object]:
    """Return what the phone shows."""
    if len(body) > PAYLOAD_LIMIT_BYTES:
        raise ApnsRefusedError("PayloadTooLarge")
    try:
        content = json.loads(body)
    except ValueError as error:
        raise ApnsRefusedError("PayloadEmpty") from error
    if not isinstance(content, dict) or not isinstance(content.get("aps"), dict):
        raise ApnsRefusedError("PayloadEmpty")
    alert = content["aps"].get("alert", {})
    own = {name: value for name, value in content.items() if name != "aps"}
    return {**own, **(alert if isinstance(alert, dict) else {"body": alert})}


def _refusal(refusal: ApnsRefusedError, *, headers: Mapping[str, str]) -> H2Answer:
    body: dict[str, object] = {"reason": refusal.reason}
    if refusal.gone_at is not None:
        body["timestamp"] = int(refusal.gone_at * 1000)
    return H2Answer(
        status=REASONS[refusal.reason], headers=headers, body=json.dumps(body).encode()
    )
