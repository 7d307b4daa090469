"""Callbacks as the provider sends them."""

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.test import Client

from core.environment import environment
from core.payments.models import Payment


if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

PATH = "/api/v1/payments/sandbox/callback"


def content(payment: Payment, **changed: Any) -> dict[str, Any]:
    """Say that the payment succeeded, unless told otherwise."""
    return {
        "event_id": f"evt_{uuid4().hex}",
        "type": "payment.succeeded",
        "charge_id": f"ch_{payment.pk.hex[:24]}",
        "reference": payment.reference,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "occurred_at": "2026-06-01T12:00:00Z",
        **changed,
    }


def send(said: dict[str, Any], *, secret: str | None = None, age_seconds: int = 0) -> "Response":
    """Post it, signed."""
    body = json.dumps(said).encode()
    timestamp = str(int(time.time()) - age_seconds)
    key = (secret or environment().sandbox_secret).encode()
    signature = hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {
        "Paidan-Sandbox-Timestamp": timestamp,
        "Paidan-Sandbox-Signature": f"v1={signature}",
    }
    return Client().post(PATH, body, content_type="application/json", headers=headers)


def outcome(said: dict[str, Any]) -> str:
    """Post it and return what the product made of it."""
    answer = send(said)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["outcome"])
