"""Proof that a callback comes from the provider: HMAC over time and body, young enough."""

import hashlib
import hmac
import time

from core.errors import PaidanError


WINDOW_SECONDS = 300
"""Real seconds, whatever the business clock does."""
VERSION = "v1="


class BadSignature(PaidanError):
    """The callback is not the provider's, or too old."""

    code = "bad_signature"
    title = "The signature is missing, wrong or too old."
    status = 401


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
