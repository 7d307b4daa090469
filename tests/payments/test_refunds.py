"""Money on its way back, whatever dies on that way."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from core.clock import now
from core.orders.models import Order
from core.payments import settlement
from core.payments.models import Payment, Refund
from core.payments.settlement import claim_due, settle_due
from tests.api.town import Town
from tests.payments.callbacks import content, outcome
from tests.payments.conftest import use_provider


pytestmark = pytest.mark.django_db(transaction=True)

A_MINUTE = timedelta(minutes=1)


def pay(town: Town, sandbox: str) -> Payment:
    """Order, go to the provider, pay there, and tell the product as the provider would."""
    order = town.place(payment_method="online")
    answer = town.customer.post(f"/orders/{order['id']}/payment")
    assert answer.status_code == 200, answer.content
    requests.post(answer.json()["pay_url"], timeout=5).raise_for_status()
    payment = Payment.objects.get(order_id=order["id"])
    assert outcome(content(payment, charge_id=payment.charge_id)) == "captured"
    return payment


@pytest.fixture
def refund(town: Town, sandbox: str) -> Refund:
    """Requested when the shop rejected a paid order."""
    payment = pay(town, sandbox)
    path = f"/orders/{payment.order_id}/reject"
    assert town.staff.post(path, {"reason": "too_busy"}).status_code == 200
    return Refund.objects.get(payment=payment)


def given_back(sandbox: str, refund: Refund) -> int:
    """Ask the provider how much of the charge went back."""
    charge = requests.get(f"{sandbox}/payments/charges/{refund.charge_id}", timeout=5).json()
    return int(charge["refunded_minor"])


class TestBeginPayment:
    def test_again_returns_the_same_charge(self, town: Town, sandbox: str) -> None:
        order = town.place(payment_method="online")
        path = f"/orders/{order['id']}/payment"
        assert town.customer.post(path).json() == town.customer.post(path).json()
        view = town.customer.get(f"/orders/{order['id']}").json()
        assert view["payment"]["pay_url"].startswith(sandbox)

    def test_is_for_the_customer_alone(self, town: Town, sandbox: str) -> None:
        path = f"/orders/{town.place(payment_method='online')['id']}/payment"
        assert town.staff.post(path).status_code in {403, 404}

    def test_of_cash_is_refused(self, town: Town) -> None:
        answer = town.customer.post(f"/orders/{town.place()['id']}/payment")
        assert (answer.status_code, answer.json()["code"]) == (422, "paid_in_cash")

    def test_without_the_provider_asks_to_come_again(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_provider("http://127.0.0.1:9", monkeypatch)
        order = town.place(payment_method="online")
        answer = town.customer.post(f"/orders/{order['id']}/payment")
        assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
        assert Payment.objects.get().charge_id == ""

    def test_of_a_cancelled_order_is_illegal(self, town: Town, sandbox: str) -> None:
        order = town.place(payment_method="online")
        town.customer.post(f"/orders/{order['id']}/cancel")
        answer = town.customer.post(f"/orders/{order['id']}/payment")
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


class TestSettlement:
    def test_gives_everything_back(self, refund: Refund, sandbox: str) -> None:
        assert settle_due(now=now()) == 1
        refund.refresh_from_db()
        payment = Payment.objects.get()
        assert refund.state == "succeeded"
        assert (payment.state, payment.refunded_minor) == ("refunded", payment.amount_minor)
        assert given_back(sandbox, refund) == payment.amount_minor

    def test_tells_the_customer(self, town: Town, refund: Refund, sandbox: str) -> None:
        before = Order.objects.get().version
        settle_due(now=now())
        view = town.customer.get(f"/orders/{Order.objects.get().pk}").json()
        assert view["payment"]["refunded_minor"] == refund.amount_minor
        assert view["version"] > before

    def test_claimed_by_one_is_left_by_others(self, refund: Refund) -> None:
        moment = now()
        assert len(claim_due(now=moment)) == 1
        assert claim_due(now=moment) == []

    def test_survives_a_death_after_asking(
        self, refund: Refund, sandbox: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_args: Any, **_kwargs: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as death:
            death.setattr(settlement, "_store", die)
            with pytest.raises(SystemExit):
                settle_due(now=now())
        assert settle_due(now=now()) == 0
        assert settle_due(now=now() + A_MINUTE) == 1
        refund.refresh_from_db()
        assert refund.state == "succeeded"
        assert given_back(sandbox, refund) == refund.amount_minor

    def test_tries_again_later_without_the_provider(
        self, refund: Refund, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as away:
            use_provider("http://127.0.0.1:9", away)
            settle_due(now=now())
        refund.refresh_from_db()
        assert (refund.state, refund.attempts) == ("requested", 1)
        assert settle_due(now=now() + A_MINUTE) == 1
        refund.refresh_from_db()
        assert refund.state == "succeeded"

    def test_refused_for_good_asks_for_a_person(self, refund: Refund) -> None:
        Refund.objects.filter(pk=refund.pk).update(charge_id="ch_unknown")
        settle_due(now=now())
        refund.refresh_from_db()
        assert (refund.state, refund.provider_code) == ("failed", "charge_unknown")
        assert Order.objects.get().is_flagged


class TestCash:
    def test_is_collected_with_the_order(self, town: Town) -> None:
        order = town.place()
        path = f"/orders/{order['id']}"
        for step in ("accept", "ready"):
            assert town.staff.post(f"{path}/{step}").status_code == 200
        code = {"code": order["handover_code"]}
        assert town.staff.post(f"{path}/hand-over", code).status_code == 200
        assert Payment.objects.get().state == "captured"

    def test_nobody_paid_is_voided(self, town: Town) -> None:
        order = town.place()
        town.staff.post(f"/orders/{order['id']}/reject", {"reason": "too_busy"})
        assert Payment.objects.get().state == "voided"
        assert not Refund.objects.exists()
