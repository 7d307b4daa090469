"""Firebase Cloud Messaging's wire form: Google's token exchange and HTTP v1.

Written from the vendor's description, apart from our own adapter.
"""

import secrets
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pydantic import Field, ValidationError

from notifications.sandbox.app_phones import AppPhone, AppStore
from notifications.sandbox.bearer import TokenInvalidError, read_token
from notifications.sandbox.bodies import Body, answer, read_body
from notifications.sandbox.devices import Waiting
from notifications.sandbox.faults import FAULT, Channel, FaultBoard
from notifications.sandbox.ledger import Ledger


PROJECT: Final = "paidan-sandbox"
EMAIL: Final = "sender@paidan-sandbox.iam.gserviceaccount.example"
SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FCM_ERROR: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
LONGEST_ASSERTION_SECONDS: Final = 3600
CLOCK_SECONDS: Final = 300
LONGEST_TTL_SECONDS: Final = 28 * 24 * 3600
PAYLOAD_LIMIT_BYTES: Final = 4096
GONE: Final = 410
FORBIDDEN_KEYS: Final = frozenset({"from", "message_type"})
FORBIDDEN_BEGINNINGS: Final = ("google", "gcm")


class FcmRefusedError(Exception):
    """The vendor refuses a message."""

    def __init__(self, status: int, code: str, *, is_own: bool = True) -> None:
        """Refuse with an HTTP status and FCM's own code, or one of all Google's interfaces."""
        super().__init__(code)
        self.status = status
        self.code = code
        self.is_own = is_own


class Shown(Body):
    """What the system shows."""

    title: str = ""
    body: str = ""


class AndroidShown(Body):
    """How Android shows it."""

    tag: str = ""
    channel_id: str = ""


class Android(Body):
    """How Android delivers it."""

    priority: str = Field(default="NORMAL", pattern="^(NORMAL|HIGH)$")
    ttl: str = Field(default=f"{LONGEST_TTL_SECONDS}s", pattern=r"^[0-9]+(\.[0-9]{1,9})?s$")
    collapse_key: str = ""
    notification: AndroidShown = AndroidShown()


class Message(Body):
    """A message resource, as far as the simulated vendor knows it."""

    token: str = Field(min_length=1)
    notification: Shown = Shown()
    data: dict[str, str] = Field(default_factory=dict)
    android: Android = Android()


class Send(Body):
    """The body of `messages:send`."""

    message: Message
    validate_only: bool = False


class FcmKnobs(Body):
    """How the vendor behaves until told otherwise."""

    token_seconds: float = Field(default=3600.0, gt=0)


class Fcm:
    """Answers below ``/fcm`` as Google's two services do."""

    def __init__(self, *, apps: AppStore, ledger: Ledger) -> None:
        self._apps = apps
        self._ledger = ledger
        self._granted: dict[str, float] = {}
        self.knobs = FcmKnobs()

    def routes(self, faults: FaultBoard) -> list[web.RouteDef]:
        send = f"/fcm/v1/projects/{PROJECT}/messages:send"
        return [
            web.get("/fcm/service-account", self._account),
            web.put("/fcm/knobs", self._turn),
            web.delete("/fcm/tokens", self._revoke),
            web.post("/fcm/token", self._grant),
            web.post(send, faults.guard(Channel.FCM, self._send, words=_words)),
        ]

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def _account(self, request: web.Request) -> web.Response:
        """Give the file that Google's console would give."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return web.json_response(
            {
                "type": "service_account",
                "project_id": PROJECT,
                "private_key_id": "sandbox",
                "private_key": pem.decode(),
                "client_email": EMAIL,
                "token_uri": f"{request.url.origin()}/fcm/token",
            }
        )

    async def _turn(self, request: web.Request) -> web.Response:
        self.knobs = await read_body(request, FcmKnobs)
        return web.json_response(self.knobs.model_dump())

    async def _revoke(self, _request: web.Request) -> web.Response:
        """Take every access token back, long before it would end."""
        self._granted.clear()
        return web.Response(status=204)

    async def _grant(self, request: web.Request) -> web.Response:
        fields = await request.post()
        now = time.time()
        wrong = self._wrong_with(fields, url=f"{request.url.origin()}/fcm/token", now=now)
        self._ledger.record(at=now, path="/fcm/token", status=400 if wrong else 200, code=wrong)
        if wrong:
            return web.json_response({"error": wrong}, status=400)
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._granted[token] = now + self.knobs.token_seconds
        return web.json_response(
            {
                "access_token": token,
                "expires_in": self.knobs.token_seconds,
                "token_type": "Bearer",
            }
        )

    def _wrong_with(self, fields: Mapping[str, object], *, url: str, now: float) -> str:
        if fields.get("grant_type") != GRANT:
            return "unsupported_grant_type"
        try:
            header, claims = read_token(str(fields.get("assertion")), self._key.public_key())
        except TokenInvalidError:
            return "invalid_grant"
        begun, ends = claims.get("iat"), claims.get("exp")
        if not isinstance(begun, int) or not isinstance(ends, int):
            return "invalid_grant"
        is_timely = abs(now - begun) <= CLOCK_SECONDS and now < ends
        is_short = ends - begun <= LONGEST_ASSERTION_SECONDS
        named = (header.get("kid"), claims.get("iss"), claims.get("aud"))
        if named != ("sandbox", EMAIL, url) or not (is_timely and is_short):
            return "invalid_grant"
        return "" if claims.get("scope") == SCOPE else "invalid_scope"

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.read()
        facts: dict[str, object] = {"fault": request.get(FAULT), "byte_count": len(body)}
        try:
            facts |= self._deliver(request, body)
        except FcmRefusedError as refusal:
            self._ledger.record(at=time.time(), **facts, status=refusal.status, code=refusal.code)
            return _refusal(refusal)
        self._ledger.record(at=time.time(), **facts, status=200)
        return web.json_response({"name": facts["message_id"]})

    def _deliver(self, request: web.Request, body: bytes) -> dict[str, object]:
        now = time.time()
        self._check_token(request, now=now)
        try:
            message = Send.model_validate_json(body).message
        except ValidationError as error:
            raise FcmRefusedError(400, "INVALID_ARGUMENT", is_own=False) from error
        _check(message)
        app = self._find(message.token)
        message_id = f"projects/{PROJECT}/messages/{secrets.token_hex(8)}"
        shown: dict[str, object] = {**message.data, **message.notification.model_dump()}
        shown["tag"] = message.android.notification.tag or message_id
        app.accepted_count += 1
        app.pushes.append(message.model_dump())
        ttl_seconds = float(message.android.ttl.removesuffix("s"))
        if app.is_online:
            app.receive(shown, message_id, now=now)
        elif ttl_seconds > 0:
            waiting = Waiting(shown, message_id, now + ttl_seconds)
            app.keep(waiting, topic=message.android.collapse_key or None)
        return {"message_id": message_id, "device": app.device_id, "person": app.person}

    def _check_token(self, request: web.Request, *, now: float) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or self._granted.get(token, 0.0) <= now:
            raise FcmRefusedError(401, "UNAUTHENTICATED", is_own=False)

    def _find(self, token: str) -> AppPhone:
        app = self._apps.find(token, kind="fcm")
        if app is None:
            raise FcmRefusedError(400, "INVALID_ARGUMENT")
        if app.is_gone or app.token != token:
            raise FcmRefusedError(404, "UNREGISTERED")
        if app.sender not in {"", PROJECT}:
            raise FcmRefusedError(403, "SENDER_ID_MISMATCH")
        return app


def _check(message: Message) -> None:
    for name in message.data:
        if name in FORBIDDEN_KEYS or name.startswith(FORBIDDEN_BEGINNINGS):
            raise FcmRefusedError(400, "INVALID_ARGUMENT")
    if float(message.android.ttl.removesuffix("s")) > LONGEST_TTL_SECONDS:
        raise FcmRefusedError(400, "INVALID_ARGUMENT")
    shown = message.notification.model_dump()
    sizes = (len(f"{k}{v}".encode()) for part in (shown, message.data) for k, v in part.items())
    if sum(sizes) > PAYLOAD_LIMIT_BYTES:
        raise FcmRefusedError(400, "INVALID_ARGUMENT")


def _words(status: int, headers: Mapping[str, str]) -> web.Response:
    """Word a fault that was ordered."""
    codes = {410: "UNREGISTERED", 429: "QUOTA_EXCEEDED", 500: "INTERNAL", 503: "UNAVAILABLE"}
    if status not in codes:
        return answer(status, "fault_ordered", headers)  # as something before the vendor may
    return _refusal(FcmRefusedError(404 if status == GONE else status, codes[status]), headers)


def _refusal(refusal: FcmRefusedError, headers: Mapping[str, str] | None = None) -> web.Response:
    statuses = {404: "NOT_FOUND", 403: "PERMISSION_DENIED"}
    error: dict[str, object] = {
        "code": refusal.status,
        "message": refusal.code,
        "status": statuses.get(refusal.status, refusal.code),
    }
    if refusal.is_own:
        error["details"] = [{"@type": FCM_ERROR, "errorCode": refusal.code}]
    return web.json_response({"error": error}, status=refusal.status, headers=headers)
