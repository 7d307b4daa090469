"""Signs and verifies messages as Standard Webhooks 1.0.0 says (symmetric, `v1`)."""

import base64
import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Final


PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
TOLERANCE_SECONDS: Final = 300
"""How far from the receiver's clock a message's time may be."""


class WrongSignatureError(ValueError):
    """The message is not what the holder of the secret signed, or not now."""


def new_secret() -> str:
    """Return a fresh secret as receivers are given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    secrets_: Iterable[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers that prove `body`, signed with each secret; UNIX seconds."""
    signatures = [_sign(each, message_id, timestamp, body) for each in secrets_]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: float) -> None:
    """Let pass what was signed with `secret` within five minutes of `now`, UNIX seconds.

    :raises WrongSignatureError: whatever is missing or wrong.
    """
    try:
        message_id, given = headers["webhook-id"], headers["webhook-signature"]
        timestamp = int(headers["webhook-timestamp"])
    except (KeyError, ValueError) as error:
        raise WrongSignatureError("a header is missing or unreadable") from error
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise WrongSignatureError("the message is too old or too new")
    wanted = _sign(secret, message_id, timestamp, body)
    matches = [hmac.compare_digest(wanted.encode(), each.encode()) for each in given.split(" ")]
    if not any(matches):
        raise WrongSignatureError("no signature matches")


def _sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    said = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(said).decode()}"
