"""A throw-away certificate authority, made anew each time, for servers on this machine."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


LOOPBACK = ipaddress.ip_address("127.0.0.1")
_LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """Two PEM files: what clients trust, and what a server shows."""

    ca_file: Path
    certificate: Path
    """Chain and key of a server at 127.0.0.1."""


def make_authority(folder: Path) -> Authority:
    """Make an authority and a certificate by it; the authority's own key is kept by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Throw-away authority")])
    root = (
        _certificate(name, key.public_key(), issuer=name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    own_key = ec.generate_private_key(ec.SECP256R1())
    own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    own = (
        _certificate(own_name, own_key.public_key(), issuer=name)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Authority(folder / "authority.pem", folder / "server.pem")
    made.ca_file.write_bytes(root.public_bytes(Encoding.PEM))
    made.certificate.touch(mode=0o600)
    made.certificate.write_bytes(
        own.public_bytes(Encoding.PEM)
        + own_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return made


def _certificate(
    name: x509.Name, key: ec.EllipticCurvePublicKey, *, issuer: x509.Name
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
    )
