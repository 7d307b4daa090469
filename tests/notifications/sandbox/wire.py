"""Pushes made by hand, so that each header can be made wrong."""

import time
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from notifications.sandbox.devices import decode
from tests.notifications.running import VAPID_KEY, VAPID_SUBJECT, SandboxClient


def encrypt(subscription: Any, plain: bytes = b'{"title":"hello","tag":"t"}') -> bytes:
    """Encrypt as RFC 8291 asks, without the product's own encoder."""
    body: bytes = http_ece.encrypt(
        plain,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decode(subscription["keys"]["p256dh"]),
        auth_secret=decode(subscription["keys"]["auth"]),
        version="aes128gcm",
    )
    return body


def authorization(sandbox: SandboxClient, **changes: Any) -> str:
    claims = {"aud": sandbox.url, "sub": VAPID_SUBJECT, "exp": int(time.time()) + 3600}
    vapid = Vapid02.from_raw(VAPID_KEY.encode())
    # The library checks the subject itself, which a wrong sender would not.
    vapid.conf["no-strict"] = True
    return str(vapid.sign(claims | changes)["Authorization"])


async def push(
    sandbox: SandboxClient,
    subscription: Any,
    *,
    body: bytes | None = None,
    headers: dict[str, str | None] | None = None,
) -> tuple[int, str]:
    """Post a correct push changed by ``headers`` (None leaves one out); return status, code."""
    correct: dict[str, str | None] = {
        "Authorization": authorization(sandbox),
        "Content-Encoding": "aes128gcm",
        "TTL": "60",
    }
    wanted = {name: value for name, value in (correct | (headers or {})).items() if value}
    async with sandbox.session.post(
        subscription["endpoint"], data=body or encrypt(subscription), headers=wanted
    ) as response:
        if response.status == 201:
            return 201, response.headers["Location"]
        return response.status, (await response.json())["code"]
