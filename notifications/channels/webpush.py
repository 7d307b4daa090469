"""Sends one encrypted web push (RFC 8030, 8291, 8292) and says what became of it."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import aiohttp
from pywebpush import WebPusher, WebPushException

from notifications.channels.endpoints import EndpointRefusedError, push_origin
from notifications.channels.result import Outcome, SendResult, parse_retry_after
from notifications.channels.vapid import VapidHeaders, public_key


# 4,096 bytes of body less the 86-byte header, one padding delimiter and the 16-byte tag.
PLAINTEXT_LIMIT_BYTES = 3993

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
    """One application server's way to every push service, over one shared HTTP session."""

    def __init__(
        self,
        *,
        vapid_private_keys: Sequence[str],
        vapid_subject: str,
        allowed_hosts: Collection[str],
        allow_loopback: bool,
        timeout_seconds: float,
        session: aiohttp.ClientSession,
    ) -> None:
        """Sign with that of the keys, newest first, which a subscription was made with."""
        self._vapid = {
            public_key(key): VapidHeaders(private_key=key, subject=vapid_subject)
            for key in vapid_private_keys
        }
        self._vapid[""] = self._vapid[public_key(vapid_private_keys[-1])]
        self._allowed_hosts = frozenset(allowed_hosts)
        self._allow_loopback = allow_loopback
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._session = session

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

        ``topic`` is at most 32 characters of base64url. ``application_server_key`` is the public
        key that the subscription was made with; empty means the oldest that we have.

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
            origin = push_origin(
                endpoint,
                allowed_hosts=self._allowed_hosts,
                allow_loopback=self._allow_loopback,
            )
            body = WebPusher(subscription).encode(payload)["body"]
        except EndpointRefusedError:
            return SendResult(Outcome.REFUSED, "endpoint_not_allowed")
        except (WebPushException, ValueError, LookupError, TypeError, AttributeError):
            return SendResult(Outcome.REFUSED, "subscription_keys_invalid")
        headers = {
            "Authorization": vapid.authorization(origin),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_seconds),
            "Urgency": urgency,
        }
        if topic is not None:
            headers["Topic"] = topic
        return await self._post(endpoint, body, headers)

    async def _post(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> SendResult:
        # A repeat is invisible (same topic, same tag), so whatever broke may be tried again.
        try:
            async with self._session.post(
                endpoint, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                return _read(response)
        except TimeoutError:
            return SendResult(Outcome.RETRY, "timeout")
        except aiohttp.ClientConnectorError:
            return SendResult(Outcome.RETRY, "connection_refused")
        except aiohttp.InvalidURL:
            return SendResult(Outcome.REFUSED, "endpoint_not_allowed")
        except (aiohttp.ClientError, OSError):
            return SendResult(Outcome.RETRY, "connection_lost")


def _read(response: aiohttp.ClientResponse) -> SendResult:
    status = response.status
    code = f"http_{status}"
    if 200 <= status < 300:  # noqa: PLR2004
        return SendResult(Outcome.SENT, code, provider_id=response.headers.get("Location"))
    outcome = OUTCOMES.get(status) or (
        Outcome.RETRY if status >= 500 else Outcome.REFUSED  # noqa: PLR2004
    )
    wait_seconds = None
    if outcome is Outcome.RETRY:
        wait_seconds = parse_retry_after(response.headers.get("Retry-After"), now=time.time())
    return SendResult(outcome, code, retry_after_seconds=wait_seconds)
