"""Sends app push through Firebase Cloud Messaging: HTTP v1, signed in as a service account."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
from pydantic import Field

from notifications.channels.app_push import AppDevice, AppMessage
from notifications.channels.exchange import OK_BELOW, Exchange, NoReplyError, Part, Reply
from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.channels.shared_token import AccessToken, SharedToken
from notifications.channels.web_tokens import read_private_key, sign


SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FCM_ERROR: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
ASSERTION_SECONDS: Final = 3600
TTL_LIMIT_SECONDS: Final = 28 * 24 * 3600
PAYLOAD_LIMIT_BYTES: Final = 4096
"""Of notification and data together."""
QUOTA_WAIT_SECONDS: Final = 60.0
"""What the vendor asks for when it is over its quota and names no time."""
UNAUTHENTICATED: Final = 401

OUTCOMES: Final[Mapping[str, Outcome]] = {
    "UNREGISTERED": Outcome.GONE,
    "SENDER_ID_MISMATCH": Outcome.REFUSED,
    "INVALID_ARGUMENT": Outcome.REFUSED,
    "QUOTA_EXCEEDED": Outcome.RETRY,
    "RESOURCE_EXHAUSTED": Outcome.RETRY,
    "UNAVAILABLE": Outcome.RETRY,
    "INTERNAL": Outcome.RETRY,
    "THIRD_PARTY_AUTH_ERROR": Outcome.UNAUTHORISED,
    "UNAUTHENTICATED": Outcome.UNAUTHORISED,
    "PERMISSION_DENIED": Outcome.UNAUTHORISED,
}
BY_STATUS: Final[Mapping[int, Outcome]] = {
    401: Outcome.UNAUTHORISED,
    403: Outcome.UNAUTHORISED,
    408: Outcome.RETRY,
    413: Outcome.TOO_LARGE,
    429: Outcome.RETRY,
}
"""For answers without a word of FCM's own; of these none says that a device is gone."""
SERVER_ERROR: Final = 500


class ServiceAccount(Part):
    """The JSON file that Google's console gives for a service account."""

    project_id: str = Field(min_length=1)
    client_email: str = Field(min_length=1)
    private_key: str = Field(min_length=1)
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105  an address


class _Granted(Part):
    access_token: str = ""
    expires_in: float = 0.0
    error: str = ""


class _Detail(Part):
    type: str = Field(default="", alias="@type")
    code: str = Field(default="", alias="errorCode")


class _Error(Part):
    status: str = ""
    details: tuple[_Detail, ...] = ()


class _Answer(Part):
    name: str = ""
    error: _Error = _Error()

    @property
    def code(self) -> str:
        """FCM's own word where there is one, else that of all of Google's interfaces."""
        own = (each.code for each in self.error.details if each.type == FCM_ERROR and each.code)
        return next(own, self.error.status)


class FcmPush:
    """One Firebase project's way to its apps, over the shared HTTP session."""

    def __init__(
        self,
        account: Callable[[], Awaitable[ServiceAccount]],
        *,
        url: str,
        token: SharedToken,
        session: aiohttp.ClientSession,
        timeout_seconds: float,
    ) -> None:
        self._account = account
        self._url = url.rstrip("/")
        self._token = token
        self._exchange = Exchange(session, timeout_seconds=timeout_seconds, keeps_connections=True)

    async def send(self, device: AppDevice, message: AppMessage) -> SendResult:
        """Hand the message over; a token that was refused is replaced once."""
        content = message_for(device, message)
        if payload_bytes(content) > PAYLOAD_LIMIT_BYTES:
            return SendResult(Outcome.TOO_LARGE, "payload_too_large")
        body = json.dumps({"message": content}, ensure_ascii=False).encode()
        try:
            account = await self._account()
            token = await self._token.get(self._fetch)
            reply = await self._post(account, token, body)
            if reply.status == UNAUTHENTICATED:
                token = await self._token.get(self._fetch, refused=token)
                reply = await self._post(account, token, body)
        except NoReplyError as silence:
            return silence.result
        return _result(reply)

    async def close(self) -> None:
        """Nothing is held: the session belongs to its opener."""

    async def _post(self, account: ServiceAccount, token: str, body: bytes) -> Reply:
        url = f"{self._url}/v1/projects/{account.project_id}/messages:send"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return await self._exchange.call("POST", url, headers=headers, body=body)

    async def _fetch(self) -> AccessToken:
        account = await self._account()
        now = time.time()
        fields = {"grant_type": GRANT, "assertion": assertion(account, now=now)}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode()
        reply = await self._exchange.call("POST", account.token_uri, headers=headers, body=body)
        granted = reply.read(_Granted)
        if reply.status < OK_BELOW and granted.access_token:
            return AccessToken(value=granted.access_token, expires_at=now + granted.expires_in)
        refused = reply.status < SERVER_ERROR
        outcome = Outcome.UNAUTHORISED if refused else Outcome.RETRY
        raise NoReplyError(SendResult(outcome, granted.error or f"token_http_{reply.status}"))


def assertion(account: ServiceAccount, *, now: float) -> str:
    """Return the signed claim that is exchanged for an access token (RFC 7523)."""
    claims = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": int(now),
        "exp": int(now) + ASSERTION_SECONDS,
    }
    key = read_private_key(account.private_key)
    return sign(claims, key=key, key_id=account.private_key_id)


def message_for(device: AppDevice, message: AppMessage) -> dict[str, Any]:
    """Return the message resource: what the system shows, and what the app reads."""
    content = message.content
    ttl_seconds = min(message.ttl_seconds, TTL_LIMIT_SECONDS)
    return {
        "token": device.token,
        "notification": {
            "title": str(content.get("title", "")),
            "body": str(content.get("body", "")),
        },
        "data": {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in content.items()
            if name not in {"title", "body"}
        },
        "android": {
            "priority": "HIGH" if message.is_urgent else "NORMAL",
            "ttl": f"{ttl_seconds}s",
            "collapse_key": message.collapse_id,
            "notification": {
                "tag": message.collapse_id,
                "channel_id": _channel_of(message),
            },
        },
    }


def payload_bytes(content: Mapping[str, Any]) -> int:
    """Count what the vendor counts: keys and values of notification and data."""
    return sum(
        len(name.encode()) + len(value.encode())
        for part in ("notification", "data")
        for name, value in content[part].items()
    )


def _channel_of(message: AppMessage) -> str:
    """Name the channel of Android's settings, by which people choose sounds."""
    if message.is_silent:
        return "quiet"
    return "alerts" if message.is_urgent else "updates"


def _result(reply: Reply) -> SendResult:
    answer = reply.read(_Answer)
    if reply.status < OK_BELOW and answer.name:
        return SendResult(Outcome.SENT, f"http_{reply.status}", provider_id=answer.name)
    by_status = BY_STATUS.get(reply.status, Outcome.REFUSED)
    if reply.status >= SERVER_ERROR:
        by_status = Outcome.RETRY
    outcome = OUTCOMES.get(answer.code, by_status)
    wait_seconds = None
    if outcome is Outcome.RETRY:
        wait_seconds = parse_retry_after(reply.retry_after, now=time.time())
        if wait_seconds is None and answer.code == "QUOTA_EXCEEDED":
            wait_seconds = QUOTA_WAIT_SECONDS
    code = answer.code.lower() or f"http_{reply.status}"
    return SendResult(outcome, code, retry_after_seconds=wait_seconds)
