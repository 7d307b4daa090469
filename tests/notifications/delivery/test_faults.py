"""What becomes of a message for each fault that the sandbox knows: from the row to the phone."""

from collections.abc import Callable
from typing import Any

import pytest

from core.clock import clock
from core.events import catalogue as events
from notifications.circuits.gates import gates
from notifications.circuits.models import PushCircuit
from notifications.claims import ALL_CHANNELS
from notifications.models import Delivery, Notice, PushSubscription
from notifications.sandbox.faults import FaultMode
from notifications.sender import send_all_due
from notifications.texting.tally import tally
from tests.notifications.delivery.town import (
    about,
    order,
    person,
    register,
    seconds,
    shop,
    state,
)
from tests.notifications.delivery.world import Outside, until


pytestmark = pytest.mark.django_db(transaction=True)

OFTEN = 1000
"""A repeat that comes while a slow machine still sends meets the same fault."""
LATE = {"receipt_delay_seconds": 0.2}
Ending = tuple[str, str]


@pytest.fixture
def wait_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what makes us less patient with a provider that hangs, and with no other."""

    def choose(mode: str) -> None:
        patience = 4.0 if mode == "hang" else 60.0
        monkeypatch.setattr("notifications.providers.TIMEOUT_SECONDS", patience)

    return choose


class TestPush:
    EXPECTED: dict[str, Ending] = {
        "500": ("retrying", "http_500"),
        "429": ("retrying", "http_429"),
        "503": ("retrying", "http_503"),
        "201": ("sent", "http_201"),
        "404": ("dead", "gone"),
        "410": ("dead", "gone"),
        "413": ("sent", "http_201"),
        "hang": ("retrying", "timeout"),
        "reset": ("retrying", "connection_lost"),
        "slow": ("sent", "http_201"),
        "accept_then_reset": ("retrying", "connection_lost"),
    }
    """413 is met by a shorter one at once; 403 stops a whole origin, and has tests of its own."""

    def test_reacts_to_every_fault(
        self, outside: Outside, wait_for: Callable[[str], None]
    ) -> None:
        customer = person("Wang")
        subscription = outside.device()
        device = register(customer, subscription)
        found: dict[str, Ending] = {}
        pruned: list[str] = []
        shown: dict[str, int] = {}
        for mode in self.EXPECTED:
            before = outside.screen(subscription)["raw_count"]
            count = 1 if mode == "413" else OFTEN
            wait_for(mode)
            outside.fault("push", mode, count=count, delay_seconds=0.05)
            found[mode] = self._push(customer)
            outside.clear_faults()
            if not PushSubscription.objects.filter(pk=device.pk, gone_at=None).exists():
                pruned.append(mode)
                PushSubscription.objects.update(gone_at=None, gone_code="")
            shown[mode] = outside.screen(subscription)["raw_count"] - before
        assert found == self.EXPECTED
        assert pruned == ["404", "410"]
        assert {mode for mode, count in shown.items() if count} == {
            "413",
            "slow",
            "accept_then_reset",
        }
        assert {*FaultMode} - self.EXPECTED.keys() == {"403"}

    def _push(self, customer: Any) -> Ending:
        now = clock().now()
        made = order(shop(), customer=customer, state="accepted", accepted_at=now)
        state(events.ORDER_ACCEPTED, about(made), now=now)
        send_all_due(ALL_CHANNELS)
        row = Delivery.objects.get()
        ending = (row.state, row.code)
        Notice.objects.all().delete()
        PushCircuit.objects.all().delete()  # the next fault finds the service trusted again
        gates.forget()
        return ending


class TestTexts:
    EXPECTED: dict[str, Ending] = {
        "500": ("uncertain", "fault_ordered"),
        "429": ("retrying", "fault_ordered"),
        "503": ("retrying", "fault_ordered"),
        "201": ("uncertain", "fault_ordered"),
        "403": ("dead", "fault_ordered"),
        "404": ("dead", "fault_ordered"),
        "410": ("dead", "fault_ordered"),
        "413": ("dead", "fault_ordered"),
        "hang": ("uncertain", "timeout"),
        "reset": ("uncertain", "connection_lost"),
        "slow": ("sent", "http_202"),
        "accept_then_reset": ("uncertain", "connection_lost"),
    }

    @pytest.mark.parametrize(("channel", "provider"), [("sms", "sms"), ("call", "voice")])
    def test_react_to_every_fault_and_repeat_none_by_themselves(
        self, outside: Outside, wait_for: Callable[[str], None], channel: str, provider: str
    ) -> None:
        found = {}
        taken: dict[str, int] = {}
        for mode in self.EXPECTED:
            before = self._taken(outside, provider)
            wait_for(mode)
            outside.fault(provider, mode, count=OFTEN, delay_seconds=0.05, retry_after="60")
            found[mode] = self._send(channel)
            outside.clear_faults()
            send_all_due(ALL_CHANNELS)
            taken[mode] = self._taken(outside, provider) - before
        assert found == self.EXPECTED
        assert {mode for mode, count in taken.items() if count} == {"slow", "accept_then_reset"}
        assert max(taken.values()) == 1
        assert self.EXPECTED.keys() == {*FaultMode}

    def _taken(self, outside: Outside, provider: str) -> int:
        return sum(entry.get("status") == 202 for entry in outside.ledger(provider))

    def _send(self, channel: str) -> Ending:
        row = due(channel)
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        return row.state, row.code


class TestReceipts:
    """What the vendor tells reaches the product's own address, as it comes."""

    def test_late_twice_and_in_the_wrong_order_settle_once(
        self, outside: Outside, live_server: Any
    ) -> None:
        row = self._sent(outside, live_server, receipt_count=2, receipt_reversed=True)
        until(lambda: self._answers(outside).count(200) >= 4)
        row.refresh_from_db()
        assert (row.state, row.code) == ("confirmed", "receipt_delivered")

    def test_that_are_forged_change_nothing_and_are_counted(
        self, outside: Outside, live_server: Any
    ) -> None:
        key = ("sms", "sandbox", "signature_invalid")
        before = tally.refused[key]
        row = self._sent(outside, live_server, forged_signature=True)
        until(lambda: bool(self._answers(outside)))
        assert set(self._answers(outside)) == {401}
        row.refresh_from_db()
        assert row.state == "sent"
        assert tally.refused[key] > before

    def _sent(self, outside: Outside, server: Any, **knobs: Any) -> Delivery:
        url = f"{server.url}/api/v1/sms/sandbox/receipts"
        outside.call("PUT", "/sms/knobs", {"receipt_url": url, **LATE, **knobs})
        row = due("sms")
        send_all_due(ALL_CHANNELS)
        return row

    def _answers(self, outside: Outside) -> list[int]:
        told = [entry for entry in outside.ledger("sms") if "callback_url" in entry]
        return [entry["status"] for entry in told if entry["status"]]


def due(channel: str) -> Delivery:
    """Let a new order wait long enough for its text or call, and take the other steps away."""
    now = clock().now() - seconds(91)
    made = order(shop(clerks=0), now=now)
    state(events.ORDER_PLACED, about(made), now=now)
    Delivery.objects.exclude(notice__order_id=made.pk, channel=channel).delete()
    row: Delivery = Delivery.objects.get()
    return row
