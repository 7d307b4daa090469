"""Proof that a callback comes from the provider: HMAC over time and body, young enough."""

import hashlib
import hmac
import time
from collections import Counter
from typing import Final

import structlog

from core.errors import PaidanError


log = structlog.get_logger(__name__)

WINDOW_SECONDS = 300
"""Real seconds, whatever the business clock does."""
VERSION = "v1="


refused_callbacks: Final[Counter[str]] = Counter()
"""What this process did not believe, by the error's code; for `/metrics`."""


class BadSignature(PaidanError):
    """The callback is not the provider's, or too old."""

    code = "bad_signature"
    title = "The signature is missing, wrong or too old."
    status = 401


def believe(*, secret: str, timestamp: str, signature: str, body: bytes) -> None:
    """Check a callback as `verify` does; what does not hold is logged and counted.

    :raises BadSignature: when it does not hold.
    """
    try:
        verify(secret=secret, timestamp=timestamp, signature=signature, body=body)
    except BadSignature as refusal:
        refused_callbacks[refusal.code] += 1
        log.warning("receipt.refused", channel="payment", code=refusal.code)
        raise


def verify(*, secret: str, timestamp: str, signature: str, body: bytes) -> None:
    """Check a callback in constant time.

    `signature` is `v1=<hex>` of HMAC-SHA256 over `timestamp.body`; `timestamp` is Unix seconds.

    :raises BadSignature: when it does not hold.
    """
    if not timestamp.isascii() or not timestamp.isdigit():
        raise BadSignature
    expected = hmac.new(
        secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    given = signature.removeprefix(VERSION)
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise BadSignature
    if abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise BadSignature
