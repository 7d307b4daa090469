"""What becomes of a payment and of a refund for each fault that the sandbox knows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
import requests
import urllib3

from core.clock import now
from core.orders.models import Order
from core.payments.models import Payment, Refund
from core.payments.settlement import settle_due
from notifications.sandbox.faults import FaultMode
from tests.api.town import Town
from tests.payments.test_refunds import given_back, pay


pytestmark = pytest.mark.django_db(transaction=True)

LATER: Final = timedelta(minutes=1)
REFUSALS: Final = {"403", "404", "410", "413"}
HEARD_NOTHING: Final = {"500", "429", "503", "201", "hang", "reset", "accept_then_reset"}
"""Nobody knows whether it happened, as 201 names nothing: asked again, by the same name."""
OPENED: Final = ("/payments/charges", 201)


@pytest.fixture
def order_fault(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what orders one; only a provider that hangs is soon given up, however slow we are."""

    def order(mode: str) -> None:
        patience = urllib3.Timeout(connect=60.0, read=4.0 if mode == "hang" else 60.0)
        pool = urllib3.PoolManager(timeout=patience, retries=False)
        monkeypatch.setattr("core.payments.provider._pool", pool)
        wanted: dict[str, Any] = {"channel": "payments", "mode": mode, "delay_seconds": 0.05}
        requests.post(f"{sandbox}/faults", json=wanted, timeout=60).raise_for_status()

    return order


def test_all_are_told_apart() -> None:
    assert REFUSALS | HEARD_NOTHING | {"slow"} == {*FaultMode}


class TestRefund:
    @pytest.mark.parametrize("mode", FaultMode)
    def test_goes_back_once_or_asks_for_a_person(
        self, town: Town, sandbox: str, order_fault: Callable[[str], None], mode: FaultMode
    ) -> None:
        refund = self._requested(town, sandbox)
        order_fault(mode)
        assert settle_due(now=now()) == 1
        refund.refresh_from_db()
        if mode in REFUSALS:
            assert (refund.state, refund.provider_code) == ("failed", "fault_ordered")
            assert Order.objects.get().is_flagged
            assert given_back(sandbox, refund) == 0
            return
        if mode in HEARD_NOTHING:
            assert (refund.state, refund.provider_code) == ("requested", "unavailable")
            assert settle_due(now=now() + LATER) == 1
            refund.refresh_from_db()
        assert refund.state == "succeeded"
        assert given_back(sandbox, refund) == refund.amount_minor
        assert Payment.objects.get().state == "refunded"

    def _requested(self, town: Town, sandbox: str) -> Refund:
        payment = pay(town, sandbox)
        path = f"/orders/{payment.order_id}/reject"
        assert town.staff.post(path, {"reason": "too_busy"}).status_code == 200
        refund: Refund = Refund.objects.get(payment=payment)
        return refund


class TestCharge:
    @pytest.mark.parametrize("mode", FaultMode)
    def test_is_opened_once_or_refused(
        self, town: Town, sandbox: str, order_fault: Callable[[str], None], mode: FaultMode
    ) -> None:
        path = f"/orders/{town.place(payment_method='online')['id']}/payment"
        count = self._count(sandbox)
        order_fault(mode)
        answer = town.customer.post(path)
        if mode in REFUSALS:
            assert (answer.status_code, answer.json()["code"]) == (502, "provider_refused")
        elif mode in HEARD_NOTHING:
            assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
        else:
            assert answer.status_code == 200
        again = town.customer.post(path)
        assert again.status_code == 200
        assert again.json()["pay_url"].startswith(sandbox)
        assert self._count(sandbox) == count + 1

    def _count(self, sandbox: str) -> int:
        """How many charges the provider has opened, which were not there before."""
        entries = requests.get(f"{sandbox}/ledger/payments", timeout=60).json()["entries"]
        return sum((each.get("path"), each.get("status")) == OPENED for each in entries)
