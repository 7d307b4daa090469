"""Signs JSON web tokens (RFC 7515, 7519), as Google and Apple ask their senders to."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key


PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def read_private_key(pem: str) -> PrivateKey:
    """Return the RSA or P-256 key in a PEM text.

    :raises ValueError: it holds no such key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError) as error:
        raise ValueError("no private key in PEM") from error
    if isinstance(key, rsa.RSAPrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("the key is neither RSA nor P-256")


def sign(claims: Mapping[str, object], *, key: PrivateKey, key_id: str) -> str:
    """Return the token: RS256 with an RSA key, ES256 with a P-256 one."""
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    header = {"alg": "RS256" if is_rsa else "ES256", "typ": "JWT", "kid": key_id}
    signed = f"{_part(header)}.{_part(claims)}"
    return f"{signed}.{_encode(_signature(signed.encode(), key))}"


def _signature(signed: bytes, key: PrivateKey) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    # The token wants both numbers at full length, not the DER that the library makes (RFC 7518).
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _part(value: Mapping[str, object]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
