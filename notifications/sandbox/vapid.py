"""Checks the VAPID header of a push request as RFC 8292 asks of a push service."""

import json
from base64 import urlsafe_b64decode
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from py_vapid.jwt import decode


EXPIRY_LIMIT_SECONDS = 24 * 3600


class PushRefusedError(Exception):
    """The push service refuses a request; ``status`` and ``code`` become its answer."""

    def __init__(self, status: int, code: str) -> None:
        """Refuse with an HTTP status and a stable code."""
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


def check_vapid(authorization: str | None, *, origin: str, key: str, now: float) -> None:
    """Check that the request comes from the application server that the device trusts.

    ``key`` is the base64url P-256 point that the device subscribed with.

    :raises PushRefusedError: 401 when absent or unreadable, 403 when it does not prove the sender.
    """
    token, sender_key = _split(authorization)
    if _unpadded(sender_key) != _unpadded(key):
        raise PushRefusedError(403, "vapid_key_mismatch")
    try:
        claims = _verified_claims(token, _unpadded(sender_key))
    except InvalidSignature as error:
        raise PushRefusedError(403, "vapid_signature_invalid") from error
    if claims.get("aud") != origin:
        raise PushRefusedError(403, "vapid_audience_mismatch")
    expiry = claims.get("exp")
    if not isinstance(expiry, int) or not now < expiry <= now + EXPIRY_LIMIT_SECONDS:
        raise PushRefusedError(403, "vapid_expiry_invalid")
    if not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
        raise PushRefusedError(403, "vapid_subject_missing")


def _split(authorization: str | None) -> tuple[str, str]:
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() != "vapid":
        raise PushRefusedError(401, "vapid_missing")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    parts = {name: value for name, _, value in pairs}
    if not parts.get("t") or not parts.get("k"):
        raise PushRefusedError(401, "vapid_unreadable")
    return parts["t"], parts["k"]


# A sender signs once for hours, so a thousand pushes cost one verification.
@lru_cache(maxsize=1024)
def _verified_claims(token: str, key: str) -> dict[str, object]:
    if _header(token) != {"typ": "JWT", "alg": "ES256"}:
        raise InvalidSignature
    claims = decode(token, key)
    if not isinstance(claims, dict):
        raise InvalidSignature
    return claims


def _header(token: str) -> object:
    segment = token.split(".", 1)[0]
    try:
        return json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError as error:
        raise InvalidSignature from error


def _unpadded(value: str) -> str:
    return value.rstrip("=")
