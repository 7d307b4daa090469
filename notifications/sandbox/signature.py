"""Signs what the sandbox calls back with, as payment and SMS providers do."""

import hashlib
import hmac


TIMESTAMP_HEADER = "Paidan-Sandbox-Timestamp"
SIGNATURE_HEADER = "Paidan-Sandbox-Signature"


def sign(*, secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that prove ``body`` was sent at ``timestamp`` by a holder of ``secret``.

    The signature is HMAC-SHA256 over ``timestamp.body``, written ``v1=<hex>``.
    """
    signed = b"%d.%b" % (timestamp, body)
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: f"v1={digest}"}
