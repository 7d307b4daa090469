"""What the provider says: on time, late, twice, unequal and forged."""

from typing import Any

import pytest

from core.events.models import Event
from core.orders.models import Order
from core.payments.models import Payment, ProviderCallback, Refund
from tests.api.town import Town
from tests.payments.callbacks import content, outcome, send


pytestmark = pytest.mark.django_db


@pytest.fixture
def order_id(town: Town) -> str:
    """An order that waits for its money."""
    order: dict[str, Any] = town.place(payment_method="online")
    assert order["state"] == "pending_payment"
    return str(order["id"])


@pytest.fixture
def payment(order_id: str) -> Payment:
    """What is owed for it."""
    return Payment.objects.get(order_id=order_id)


class TestSuccess:
    def test_places_the_order(self, town: Town, order_id: str, payment: Payment) -> None:
        assert outcome(content(payment)) == "captured"
        view = town.customer.get(f"/orders/{order_id}").json()
        assert (view["state"], view["payment"]["state"]) == ("placed", "captured")

    def test_told_twice_happens_once(self, payment: Payment) -> None:
        said = content(payment)
        assert [outcome(said), outcome(said)] == ["captured", "captured"]
        assert Event.objects.filter(type="payment.succeeded").count() == 1

    def test_told_again_under_another_event_is_known(self, payment: Payment) -> None:
        outcome(content(payment))
        assert outcome(content(payment)) == "repeated"
        assert not Refund.objects.exists()

    def test_of_a_second_charge_goes_back(self, payment: Payment) -> None:
        outcome(content(payment))
        assert outcome(content(payment, charge_id="ch_second")) == "late"
        refund = Refund.objects.get()
        assert (refund.charge_id, refund.amount_minor) == ("ch_second", payment.amount_minor)
        assert not refund.is_of_payment


class TestLateMoney:
    @pytest.fixture
    def cancelled(self, town: Town, order_id: str) -> None:
        assert town.customer.post(f"/orders/{order_id}/cancel").status_code == 200

    def test_goes_back_and_revives_nothing(self, payment: Payment, cancelled: None) -> None:
        assert outcome(content(payment)) == "late"
        assert Order.objects.get().state == "cancelled"
        assert Refund.objects.get().reason == "late"
        payment.refresh_from_db()
        assert (payment.state, payment.refunded_minor) == ("voided", 0)

    def test_told_again_goes_back_once(self, payment: Payment, cancelled: None) -> None:
        outcome(content(payment))
        assert outcome(content(payment)) == "repeated"
        assert Refund.objects.count() == 1


class TestUnequalMoney:
    @pytest.mark.parametrize("changed", [{"amount_minor": 1}, {"currency": "USD"}])
    def test_goes_back_and_the_order_waits_on(
        self, payment: Payment, changed: dict[str, Any]
    ) -> None:
        assert outcome(content(payment, **changed)) == "unequal"
        assert Order.objects.get().state == "pending_payment"
        assert Refund.objects.get().reason == "unequal"


class TestFailure:
    def test_lets_the_customer_try_again(self, town: Town, payment: Payment) -> None:
        assert outcome(content(payment, type="payment.failed")) == "failed"
        payment.refresh_from_db()
        assert payment.state == "failed"
        assert Order.objects.get().state == "pending_payment"
        assert outcome(content(payment, charge_id="ch_other")) == "captured"

    def test_after_success_changes_nothing(self, payment: Payment) -> None:
        outcome(content(payment))
        assert outcome(content(payment, type="payment.failed")) == "ignored"
        payment.refresh_from_db()
        assert payment.state == "captured"


class TestForgedCallback:
    @pytest.mark.parametrize("forgery", [{"secret": "guess"}, {"age_seconds": 301}])
    def test_changes_nothing(self, payment: Payment, forgery: dict[str, Any]) -> None:
        answer = send(content(payment), **forgery)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
        assert not ProviderCallback.objects.exists()

    @pytest.mark.parametrize("reference", ["nonsense", "00000000-0000-7000-8000-000000000000"])
    def test_reference_is_not_found(self, payment: Payment, reference: str) -> None:
        assert send(content(payment, reference=reference)).status_code == 404
        assert not ProviderCallback.objects.exists()

    def test_shape_is_refused(self, payment: Payment) -> None:
        assert send(content(payment, amount_minor=-5)).status_code == 422
