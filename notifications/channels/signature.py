"""Verifies that a callback comes from a provider that shares our secret, and is fresh."""

import hashlib
import hmac
from collections.abc import Mapping

from core.errors import PaidanError


TIMESTAMP_HEADER = "paidan-sandbox-timestamp"
SIGNATURE_HEADER = "paidan-sandbox-signature"
AGE_LIMIT_SECONDS = 300


class SignatureRefusedError(PaidanError):
    """A callback whose sender or age cannot be trusted."""

    code = "signature_invalid"
    title = "The signature does not match."
    status = 401


def verify_signature(headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> None:
    """Check an HMAC-SHA256 over ``timestamp.body``; ``now`` is real UNIX time.

    :raises SignatureRefusedError: absent, forged, or more than five minutes from ``now``.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = lower.get(TIMESTAMP_HEADER, "")
    signature = lower.get(SIGNATURE_HEADER, "")
    if not (timestamp.isascii() and timestamp.isdecimal()):
        raise SignatureRefusedError("No timestamp.")
    signed = timestamp.encode() + b"." + body
    expected = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise SignatureRefusedError
    if abs(now - int(timestamp)) > AGE_LIMIT_SECONDS:
        raise SignatureRefusedError("The signature is too old.")
