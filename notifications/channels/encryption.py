"""Encrypts push messages for one device each (RFC 8291 over RFC 8188), with little ado.

`pywebpush` reads the keys as browsers give them, and its reading is kept. What it then does for
every message is written out here, since a sender does nothing else as often: CPU of one message of
300 bytes on one machine, `WebPusher.encode` 143 us, the same with kept keys 127 us, `encrypt` 90
us, of which 63 us are what OpenSSL takes for a fresh key pair and the agreement with the device's.
"""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pywebpush import WebPusher, WebPushException


KEPT_COUNT: Final = 8_192
"""Devices whose keys are kept as read, about a kilobyte each."""
SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4_096
"""Every push service takes one record of that size, and ours is never longer."""
CURVE: Final = ec.SECP256R1()
AGREEMENT: Final = ec.ECDH()
_LAST_RECORD: Final = b"\x02"


class SubscriptionKeysError(ValueError):
    """The keys of a subscription are none that a browser makes."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The public half of a device: its point, as bytes and as read, and its shared secret."""

    point: bytes
    key: ec.EllipticCurvePublicKey
    auth: bytes


def read_keys(subscription: Mapping[str, Any]) -> Receiver:
    """Return the keys of a subscription as browsers give it.

    :raises SubscriptionKeysError: they are missing, unreadable or not on the curve.
    """
    try:
        keys = subscription["keys"]
        return _receiver(keys["p256dh"], keys["auth"])
    except (WebPushException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise SubscriptionKeysError from error


@lru_cache(maxsize=KEPT_COUNT)
def _receiver(p256dh: str, auth: str) -> Receiver:
    pusher = WebPusher({"endpoint": "", "keys": {"p256dh": p256dh, "auth": auth}})
    point, secret = pusher.receiver_key, pusher.auth_key
    if not point or not secret:
        raise SubscriptionKeysError
    return Receiver(point, ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point), secret)


def encrypt(payload: bytes, receiver: Receiver) -> bytes:
    """Return the body that only `receiver` can read: a fresh key pair and salt each time."""
    return seal(payload, receiver, ec.generate_private_key(CURVE), os.urandom(SALT_BYTES))


def seal(
    payload: bytes, receiver: Receiver, own_key: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Encrypt with a given key pair and salt; neither may ever be used again."""
    own = own_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    agreed = own_key.exchange(AGREEMENT, receiver.key)
    info = b"WebPush: info\0" + receiver.point + own
    secret = _expand(_mac(receiver.auth, agreed), info)
    base = _mac(salt, secret)
    key = _expand(base, b"Content-Encoding: aes128gcm\0")[:16]
    nonce = _expand(base, b"Content-Encoding: nonce\0")[:12]
    sealed = AESGCM(key).encrypt(nonce, payload + _LAST_RECORD, None)
    size = RECORD_BYTES.to_bytes(4, "big")
    return b"%b%b%c%b%b" % (salt, size, len(own), own, sealed)


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _expand(key: bytes, info: bytes) -> bytes:
    """The first 32 bytes of HKDF's output: no more are ever wanted here (RFC 5869)."""
    return _mac(key, info + b"\x01")
