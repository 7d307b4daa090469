"""Sends app push through Apple's service (APNs): HTTP/2, signed in by a provider token."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from pydantic import Field

from notifications.channels.app_push import AppDevice, AppEnvironment, AppMessage
from notifications.channels.exchange import OK_BELOW, NoReplyError, Part, Reply
from notifications.channels.http2 import Http2Client
from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.channels.shared_token import AccessToken, SharedToken
from notifications.channels.web_tokens import read_private_key, sign


PAYLOAD_LIMIT_BYTES: Final = 4096
COLLAPSE_LIMIT_BYTES: Final = 64
TOKEN_SECONDS: Final = 3600.0
"""Apple takes a token for an hour; ours is renewed a little before."""
YOUNGEST_SECONDS: Final = 1200.0
"""Apple takes no second token within twenty minutes of the last."""
BUSY_WAIT_SECONDS: Final = 10.0
BUSY_DEVICE: Final = "TooManyRequests"
"""Too many pushes to one device: nothing of Apple's service."""
SERVER_ERROR: Final = 500
EXPIRED: Final = "ExpiredProviderToken"

OUTCOMES: Final[Mapping[str, Outcome]] = {
    "Unregistered": Outcome.GONE,
    "ExpiredToken": Outcome.GONE,
    "PayloadTooLarge": Outcome.TOO_LARGE,
    "ExpiredProviderToken": Outcome.UNAUTHORISED,
    "InvalidProviderToken": Outcome.UNAUTHORISED,
    "MissingProviderToken": Outcome.UNAUTHORISED,
    "BadCertificate": Outcome.UNAUTHORISED,
    "BadCertificateEnvironment": Outcome.UNAUTHORISED,
    "Forbidden": Outcome.UNAUTHORISED,
    "TopicDisallowed": Outcome.UNAUTHORISED,
    BUSY_DEVICE: Outcome.RETRY,
    "TooManyProviderTokenUpdates": Outcome.RETRY,
    "IdleTimeout": Outcome.RETRY,
    "InternalServerError": Outcome.RETRY,
    "ServiceUnavailable": Outcome.RETRY,
    "Shutdown": Outcome.RETRY,
}
"""By reason. What is not listed is refused: also `BadDeviceToken`, which is what Apple says of a
token of its other environment too, so that one wrong setting would end every device."""
BY_STATUS: Final[Mapping[int, Outcome]] = {
    403: Outcome.UNAUTHORISED,
    413: Outcome.TOO_LARGE,
    429: Outcome.RETRY,
}


class ApnsAccount(Part):
    """What Apple's console gives: a key, its id, and the id of the team."""

    team_id: str = Field(min_length=1)
    key_id: str = Field(min_length=1)
    private_key: str = Field(min_length=1)


class _Answer(Part):
    reason: str = ""
    timestamp: int | None = None
    """Milliseconds since 1970 at which Apple last knew that the app was gone."""


class ApnsPush:
    """One team's way to its apps, over one connection to each of Apple's environments."""

    def __init__(
        self,
        account: Callable[[], Awaitable[ApnsAccount]],
        *,
        clients: Mapping[AppEnvironment, Http2Client],
        token: SharedToken,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._account = account
        self._clients = clients
        self._token = token
        self._clock = clock

    async def send(self, device: AppDevice, message: AppMessage) -> SendResult:
        """Hand the message over; a token that has expired is replaced once."""
        body = json.dumps(payload_for(message), ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > PAYLOAD_LIMIT_BYTES:
            return SendResult(Outcome.TOO_LARGE, "payload_too_large")
        headers = headers_for(device, message, now=self._clock())
        try:
            token = await self._token.get(self._mint)
            reply = await self._post(device, token, headers, body)
            if reply.read(_Answer).reason == EXPIRED:
                token = await self._token.get(
                    self._mint, refused=token, youngest_seconds=YOUNGEST_SECONDS
                )
                reply = await self._post(device, token, headers, body)
        except NoReplyError as silence:
            return silence.result
        return _result(reply, message_id=headers["apns-id"])

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()

    async def _post(
        self, device: AppDevice, token: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        signed = {"authorization": f"bearer {token}", **headers}
        client = self._clients[device.environment]
        return await client.call("POST", f"/3/device/{device.token}", headers=signed, body=body)

    async def _mint(self) -> AccessToken:
        account, now = await self._account(), self._clock()
        return AccessToken(value=provider_token(account, now=now), expires_at=now + TOKEN_SECONDS)


def provider_token(account: ApnsAccount, *, now: float) -> str:
    """Return the signed token by which Apple knows the team."""
    key = read_private_key(account.private_key)
    return sign({"iss": account.team_id, "iat": int(now)}, key=key, key_id=account.key_id)


def headers_for(device: AppDevice, message: AppMessage, *, now: float) -> dict[str, str]:
    """Return how the message is to be delivered."""
    return {
        "apns-id": str(uuid4()),
        "apns-topic": device.app_id,
        "apns-push-type": "alert",
        "apns-priority": "10" if message.is_urgent else "5",
        "apns-expiration": str(int(now) + message.ttl_seconds),
        "apns-collapse-id": message.collapse_id.encode()[:COLLAPSE_LIMIT_BYTES].decode(),
    }


def payload_for(message: AppMessage) -> dict[str, Any]:
    """Return what the system shows, and beside it what the app reads."""
    content = message.content
    shown = {name: content[name] for name in ("title", "body") if content.get(name)}
    aps: dict[str, Any] = {"alert": shown, "interruption-level": _level_of(message)}
    if not message.is_silent:
        aps["sound"] = "default"
    rest = {name: value for name, value in content.items() if name not in {"title", "body"}}
    return {"aps": aps, **rest}


def _level_of(message: AppMessage) -> str:
    if message.is_silent:
        return "passive"
    return "time-sensitive" if message.is_urgent else "active"


def _result(reply: Reply, *, message_id: str) -> SendResult:
    if reply.status < OK_BELOW:
        return SendResult(Outcome.SENT, f"http_{reply.status}", provider_id=message_id)
    answer = reply.read(_Answer)
    by_status = BY_STATUS.get(reply.status, Outcome.REFUSED)
    if reply.status >= SERVER_ERROR:
        by_status = Outcome.RETRY
    outcome = OUTCOMES.get(answer.reason, by_status)
    wait_seconds = gone_since = None
    if outcome is Outcome.RETRY:
        wait_seconds = _wait_of(reply, answer)
    if outcome is Outcome.GONE and answer.timestamp is not None:
        gone_since = datetime.fromtimestamp(answer.timestamp / 1000, UTC)
    code = answer.reason or f"http_{reply.status}"
    return SendResult(
        outcome,
        code,
        retry_after_seconds=wait_seconds,
        gone_since=gone_since,
        is_of_address=answer.reason == BUSY_DEVICE,
    )


def _wait_of(reply: Reply, answer: _Answer) -> float | None:
    asked = parse_retry_after(reply.retry_after, now=time.time())
    if asked is None and answer.reason == "TooManyProviderTokenUpdates":
        return YOUNGEST_SECONDS
    if asked is None and answer.reason == BUSY_DEVICE:
        return BUSY_WAIT_SECONDS
    return asked
