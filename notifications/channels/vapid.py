"""Signs for web push as one application server (RFC 8292), once per origin and half day."""

import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02


EXPIRY_SECONDS = 12 * 3600
RENEW_BEFORE_SECONDS = 3600
ORIGIN_LIMIT = 256


class VapidHeaders:
    """The ``Authorization`` header for each push origin, signed anew before it expires.

    :raises ValueError: the private key is not 32 bytes in base64url.
    """

    def __init__(
        self, *, private_key: str, subject: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._vapid = Vapid02.from_raw(private_key.encode())
        self._subject = subject
        # Push services compare `exp` with real time, so a faster business clock must not reach it.
        self._clock = clock
        self._signed: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def authorization(self, origin: str) -> str:
        """Return the header value for ``origin``, scheme and host with any port."""
        now = self._clock()
        header, expires_at = self._signed.get(origin, ("", 0.0))
        if expires_at - RENEW_BEFORE_SECONDS > now:
            return header
        expires_at = int(now) + EXPIRY_SECONDS
        claims = {"aud": origin, "sub": self._subject, "exp": expires_at}
        header = str(self._vapid.sign(claims)["Authorization"])
        self._signed[origin] = (header, expires_at)
        if len(self._signed) > ORIGIN_LIMIT:
            self._signed.popitem(last=False)
        return header


def generate_private_key() -> str:
    """Return a new private key, 32 bytes in base64url without padding."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _encode(number.to_bytes(32, "big"))


def public_key(private_key: str) -> str:
    """Return the application server key that browsers subscribe with, in base64url."""
    point = Vapid02.from_raw(private_key.encode()).public_key.public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    return _encode(point)


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
