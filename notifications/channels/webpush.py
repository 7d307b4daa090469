"""Sends one encrypted web push (RFC 8030, 8291, 8292) and says what became of it."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from notifications.channels.encryption import SubscriptionKeysError, encrypt, read_keys
from notifications.channels.endpoints import EndpointRefusedError, push_target
from notifications.channels.lines import LineError, Lines, Reply, UnreachableError
from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.channels.vapid import VapidHeaders, public_key


# 4,096 bytes of body less the 86-byte header, one padding delimiter and the 16-byte tag.
PLAINTEXT_LIMIT_BYTES = 3993

HEAD = (
    "POST {path} HTTP/1.1\r\n"
    "Host: {host}\r\n"
    "Authorization: {authorization}\r\n"
    "Content-Encoding: aes128gcm\r\n"
    "Content-Type: application/octet-stream\r\n"
    "TTL: {ttl_seconds}\r\n"
    "Urgency: {urgency}\r\n"
    "{topic}"
    "Content-Length: {length}\r\n\r\n"
)

Urgency = Literal["very-low", "low", "normal", "high"]

# Statuses not listed: 2xx is sent, 5xx is retried, everything else is refused.
OUTCOMES: Mapping[int, Outcome] = {
    401: Outcome.UNAUTHORISED,
    403: Outcome.UNAUTHORISED,
    404: Outcome.GONE,
    408: Outcome.RETRY,
    410: Outcome.GONE,
    413: Outcome.TOO_LARGE,
    425: Outcome.RETRY,
    429: Outcome.RETRY,
}


class PayloadTooLargeError(ValueError):
    """A push body that no push service would take."""


class WebPushChannel:
    """One application server's way to every push service, over kept connections."""

    def __init__(
        self,
        *,
        vapid_private_keys: Sequence[str],
        vapid_subject: str,
        allowed_hosts: Collection[str],
        allow_loopback: bool,
        timeout_seconds: float,
        lines: Lines,
    ) -> None:
        """Sign with that of the keys, newest first, which a subscription was made with."""
        self._vapid = {
            public_key(key): VapidHeaders(private_key=key, subject=vapid_subject)
            for key in vapid_private_keys
        }
        self._vapid[""] = self._vapid[public_key(vapid_private_keys[-1])]
        self._allowed_hosts = frozenset(allowed_hosts)
        self._allow_loopback = allow_loopback
        self._timeout_seconds = timeout_seconds
        self._lines = lines

    async def send(
        self,
        subscription: Mapping[str, Any],
        payload: bytes,
        *,
        ttl_seconds: int,
        urgency: Urgency,
        topic: str | None,
        application_server_key: str = "",
    ) -> SendResult:
        """Encrypt ``payload`` for ``subscription`` (endpoint and keys, as browsers give it).

        ``topic`` is at most 32 characters of base64url; it is not checked.
        ``application_server_key`` is the public key that the subscription was made with; empty
        means the oldest that we have.

        :raises PayloadTooLargeError: ``payload`` is longer than 3,993 bytes.
        """
        if len(payload) > PLAINTEXT_LIMIT_BYTES:
            raise PayloadTooLargeError(f"{len(payload)} bytes")
        vapid = self._vapid.get(application_server_key)
        if vapid is None:
            # Made with a key that other processes have already been given, and this one has not.
            return SendResult(Outcome.RETRY, "vapid_key_unknown")
        endpoint = str(subscription.get("endpoint", ""))
        try:
            origin, path = push_target(
                endpoint, allowed_hosts=self._allowed_hosts, allow_loopback=self._allow_loopback
            )
            body = encrypt(payload, read_keys(subscription))
        except EndpointRefusedError:
            return SendResult(Outcome.REFUSED, "endpoint_not_allowed")
        except SubscriptionKeysError:
            return SendResult(Outcome.REFUSED, "subscription_keys_invalid")
        head = HEAD.format(
            path=path,
            host=origin.partition("://")[2],
            authorization=vapid.authorization(origin),
            ttl_seconds=ttl_seconds,
            urgency=urgency,
            topic="" if topic is None else f"Topic: {topic}\r\n",
            length=len(body),
        )
        return await self._post(origin, head.encode("ascii") + body)

    async def _post(self, origin: str, request: bytes) -> SendResult:
        # A repeat is invisible (same topic, same tag), so whatever broke may be tried again.
        try:
            reply = await self._lines.ask(origin, request, timeout_seconds=self._timeout_seconds)
        except TimeoutError:
            return SendResult(Outcome.RETRY, "timeout")
        except UnreachableError:
            return SendResult(Outcome.RETRY, "connection_refused")
        except LineError:
            return SendResult(Outcome.RETRY, "connection_lost")
        return _read(reply)


def _read(reply: Reply) -> SendResult:
    status = reply.status
    code = f"http_{status}"
    if 200 <= status < 300:  # noqa: PLR2004
        return SendResult(Outcome.SENT, code, provider_id=reply.headers.get("location"))
    outcome = OUTCOMES.get(status) or (
        Outcome.RETRY if status >= 500 else Outcome.REFUSED  # noqa: PLR2004
    )
    wait_seconds = None
    if outcome is Outcome.RETRY:
        wait_seconds = parse_retry_after(reply.headers.get("retry-after"), now=time.time())
    return SendResult(outcome, code, retry_after_seconds=wait_seconds)
