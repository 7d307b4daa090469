"""The whole way of money over real sockets: product, provider, customer and back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest
import requests
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from core.clock import now
from core.events.models import Event
from core.payments.models import Payment, Refund
from core.payments.settlement import run_settlement, settle_due
from notifications.sandbox.server import RunningSandbox
from tests.api.town import Town
from tests.payments.callbacks import content, send
from tests.payments.conftest import use_provider


pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 90
TICK = threading.Event()
"""Never set: waiting for it lets time pass."""


@pytest.fixture
def sandbox(
    running_sandbox: RunningSandbox, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A provider that calls a real product back."""
    use_provider(running_sandbox.url, monkeypatch, public_url=live_server.url)
    return running_sandbox.url


def eventually(holds: Callable[[], bool]) -> bool:
    """Look again for a while."""
    waits = (TICK.wait(0.05) for _ in range(PATIENCE_SECONDS * 20))
    return any(holds() for _ in waits)


def in_threads(count: int, act: Callable[[], int]) -> list[int]:
    """Do it so many times at once, each on a connection of its own."""

    def act_and_close(_: None) -> int:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act_and_close, repeat(None, count)))


def paid(town: Town) -> Payment:
    """Order and pay at the provider; the provider tells the product."""
    order = town.place(payment_method="online")
    pay_url = town.customer.post(f"/orders/{order['id']}/payment").json()["pay_url"]
    requests.post(pay_url, timeout=5).raise_for_status()
    rows = Payment.objects.filter(order_id=order["id"], state="captured")
    assert eventually(rows.exists)
    return rows.get()


class TestMoney:
    def test_comes_and_goes_back(self, town: Town, sandbox: str) -> None:
        payment = paid(town)
        stop = threading.Event()
        loop = threading.Thread(target=run_settlement, args=(stop,))
        loop.start()
        try:
            path = f"/orders/{payment.order_id}/reject"
            assert town.staff.post(path, {"reason": "too_busy"}).status_code == 200
            assert eventually(lambda: Payment.objects.get().state == "refunded")
        finally:
            stop.set()
            loop.join(PATIENCE_SECONDS)

    def test_told_by_many_at_once_is_taken_once(self, town: Town, sandbox: str) -> None:
        order = town.place(payment_method="online")
        payment = Payment.objects.get(order_id=order["id"])
        said = content(payment)
        codes = in_threads(4, lambda: send(said).status_code)
        assert codes == [200] * 4
        assert Event.objects.filter(type="payment.succeeded").count() == 1

    def test_settled_by_many_at_once_goes_back_once(self, town: Town, sandbox: str) -> None:
        payment = paid(town)
        path = f"/orders/{payment.order_id}/reject"
        assert town.staff.post(path, {"reason": "too_busy"}).status_code == 200
        asked = in_threads(4, lambda: settle_due(now=now()))
        assert sorted(asked) == [0, 0, 0, 1]
        assert Refund.objects.get().state == "succeeded"
