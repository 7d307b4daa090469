"""Asking the payment provider, with no transaction open; every answer is a plain value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3

from core.environment import environment
from core.errors import PaidanError


TIMEOUT: Final = urllib3.Timeout(connect=2.0, read=5.0)
"""Real seconds; a customer waits for the first call."""
ANSWER_LIMIT_BYTES: Final = 64 * 1024
RETRYABLE_STATUSES: Final = frozenset({408, 425, 429})
SERVER_ERROR: Final = 500
SUCCESS: Final = range(200, 300)

_pool: Final = urllib3.PoolManager(num_pools=4, maxsize=8, timeout=TIMEOUT, retries=False)


class ProviderUnavailable(PaidanError):
    """The provider did not answer, or cannot now; nothing is known about the request."""

    code = "provider_unavailable"
    title = "The payment provider does not answer; try again."
    status = 503
    retryable = True


class ProviderRefused(PaidanError):
    """The provider answered, and said no for good."""

    code = "provider_refused"
    title = "The payment provider refused."
    status = 502

    def __init__(self, provider_code: str) -> None:
        """Keep the provider's own code."""
        super().__init__(provider_code=provider_code)
        self.provider_code = provider_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Where the customer pays."""

    charge_id: str
    pay_url: str


def open_charge(
    *, order_id: str, reference: str, amount_minor: int, currency: str, return_url: str
) -> Charge:
    """Ask for a charge; the same `reference` again returns the same charge.

    :raises ProviderUnavailable: no answer; ask again with the same reference.
    :raises ProviderRefused: a final no.
    """
    answer = _post(
        "/payments/charges",
        {
            "order_id": order_id,
            "amount_minor": amount_minor,
            "currency": currency,
            "callback_url": f"{environment().public_url}/api/v1/payments/sandbox/callback",
            "reference": reference,
            "return_url": return_url,
        },
    )
    charge_id, pay_url = answer.get("charge_id"), answer.get("pay_url")
    if not isinstance(charge_id, str) or not isinstance(pay_url, str):
        raise ProviderUnavailable
    return Charge(charge_id=charge_id, pay_url=pay_url)


def give_back(*, charge_id: str, refund_id: str, amount_minor: int) -> None:
    """Return money; the same `refund_id` again happens once.

    :raises ProviderUnavailable: no answer; ask again with the same id.
    :raises ProviderRefused: a final no.
    """
    body = {"charge_id": charge_id, "refund_id": refund_id, "amount_minor": amount_minor}
    if _post("/payments/refunds", body).get("refund_id") != refund_id:
        raise ProviderUnavailable  # whoever answered that has not given it back


def _post(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    base = environment().sandbox_url
    if not base:
        raise ProviderUnavailable
    try:
        response = _pool.request(
            "POST",
            base.rstrip("/") + path,
            body=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            redirect=False,
            preload_content=False,
        )
        try:
            text = response.read(ANSWER_LIMIT_BYTES)
        finally:
            response.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise ProviderUnavailable from error
    return _read(response.status, text)


def _read(status: int, text: bytes) -> dict[str, Any]:
    if status >= SERVER_ERROR or status in RETRYABLE_STATUSES:
        raise ProviderUnavailable
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    known: dict[str, Any] = answer if isinstance(answer, dict) else {}
    if status not in SUCCESS:
        raise ProviderRefused(str(known.get("code", status)))
    return known
