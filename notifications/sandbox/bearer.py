"""Checks signed JSON web tokens as the vendors do; written apart from what signs them."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature


NUMBER_BYTES: Final = 32


class TokenInvalidError(Exception):
    """The token is not what its key signed, or cannot be read."""


def read_token(
    token: str, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return header and claims of a token whose signature holds.

    :raises TokenInvalidError: it does not, or another algorithm is named than the key's.
    """
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004  header, claims, signature
        raise TokenInvalidError
    header, claims = _json(parts[0]), _json(parts[1])
    signature = _bytes(parts[2])
    signed = token.rpartition(".")[0].encode()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            _expect(header, "RS256")
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            _expect(header, "ES256")
            key.verify(_der(signature), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise TokenInvalidError from error
    return header, claims


def _expect(header: Mapping[str, Any], algorithm: str) -> None:
    if header.get("alg") != algorithm:
        raise TokenInvalidError


def _der(signature: bytes) -> bytes:
    if len(signature) != 2 * NUMBER_BYTES:
        raise TokenInvalidError
    r, s = signature[:NUMBER_BYTES], signature[NUMBER_BYTES:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def _json(part: str) -> Mapping[str, Any]:
    try:
        value = json.loads(_bytes(part))
    except ValueError as error:
        raise TokenInvalidError from error
    if not isinstance(value, dict):
        raise TokenInvalidError
    return value


def _bytes(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as error:
        raise TokenInvalidError from error
