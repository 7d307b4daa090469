"""From a row to a phone through the real sender and the sandbox, whatever the provider does."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.clock import clock
from core.events import catalogue as events
from core.people.models import Person
from notifications.channels.sms_provider import ReceiptStatus, SmsReceipt
from notifications.claims import ALL_CHANNELS
from notifications.models import Attempt, Delivery, Notice, PushSubscription
from notifications.results import sweep
from notifications.sender import send_all_due
from notifications.states import DeliveryTrigger
from notifications.texting.settling import settle_receipt
from tests.notifications.delivery.town import (
    about,
    notice_of,
    order,
    person,
    receipt,
    register,
    seconds,
    shop,
    state,
)
from tests.notifications.delivery.world import Outside


pytestmark = pytest.mark.django_db(transaction=True)


def accepted(customer: Person) -> Notice:
    """Tell `customer` that an order was accepted; the push is due at once."""
    now = clock().now()
    made = order(shop(), customer=customer, state="accepted", accepted_at=now)
    state(events.ORDER_ACCEPTED, about(made), now=now)
    return Notice.objects.get(order_id=made.pk)


def texted(*, ago: float = 61) -> Delivery:
    """Let a new order wait long enough for its SMS, and take the pushes away."""
    now = clock().now() - seconds(ago)
    made = order(shop(clerks=0), now=now)
    state(events.ORDER_PLACED, about(made), now=now)
    Delivery.objects.filter(channel="push").delete()
    row: Delivery = Delivery.objects.get(channel="sms")
    return row


def delivery(notice: Notice) -> Delivery:
    row: Delivery = Delivery.objects.get(notice=notice)
    return row


def settle(receipt: SmsReceipt) -> bool:
    return settle_receipt(receipt, provider="sandbox", now=clock().now())


def hurry() -> None:
    """Make what was postponed due now."""
    Delivery.objects.filter(state="retrying").update(due_at=clock().now() - seconds(1))


@pytest.fixture
def customer(outside: Outside) -> Person:
    return person("Wang")


@pytest.fixture
def device(outside: Outside, customer: Person) -> Any:
    subscription = outside.device()
    register(customer, subscription)
    return subscription


class TestPush:
    def test_shows_the_notice_in_the_persons_language(
        self, outside: Outside, customer: Person, device: Any
    ) -> None:
        notice = accepted(customer)
        assert send_all_due(ALL_CHANNELS) == 1
        (card,) = outside.screen(device)["cards"]
        assert card["tag"] == str(notice.pk)
        assert card["message"]["title"] == "商家已接单"
        assert card["message"]["receipt"] == receipt(notice)
        assert card["message"]["url"] == f"/orders/{notice.order_id}"
        assert delivery(notice).state == "sent"

    def test_reaches_every_device_and_repeats_only_where_it_failed(
        self, outside: Outside, customer: Person, device: Any
    ) -> None:
        other = outside.device()
        register(customer, other)
        notice = accepted(customer)
        outside.fault("push", "503")
        send_all_due(ALL_CHANNELS)
        assert delivery(notice).state == "retrying"
        hurry()
        send_all_due(ALL_CHANNELS)
        assert delivery(notice).state == "sent"
        assert [outside.screen(each)["raw_count"] for each in (device, other)] == [1, 1]

    def test_waits_as_long_as_the_service_asks(
        self, outside: Outside, customer: Person, device: Any
    ) -> None:
        notice = accepted(customer)
        outside.fault("push", "429", retry_after="120")
        before = clock().now()
        send_all_due(ALL_CHANNELS)
        assert delivery(notice).due_at >= before + timedelta(seconds=120)

    def test_prunes_only_what_the_service_declares_gone(
        self, outside: Outside, customer: Person, device: Any
    ) -> None:
        for fault, is_gone in (("500", False), ("reset", False), ("410", True)):
            outside.fault("push", fault)
            notice = accepted(customer)
            send_all_due(ALL_CHANNELS)
            assert (PushSubscription.objects.get().gone_at is not None) == is_gone
            found = delivery(notice)
            Notice.objects.all().delete()  # or its next try would meet the next fault
        assert (found.state, found.code) == ("dead", "gone")

    def test_says_that_nobody_subscribed(self, outside: Outside, customer: Person) -> None:
        notice = accepted(customer)
        send_all_due(ALL_CHANNELS)
        assert (delivery(notice).state, delivery(notice).code) == ("dead", "no_subscription")

    def test_is_tried_until_it_expires(
        self, outside: Outside, customer: Person, device: Any
    ) -> None:
        notice = accepted(customer)
        outside.fault("push", "500", count=100)
        for _ in range(9):
            send_all_due(ALL_CHANNELS)
            hurry()
        assert (delivery(notice).state, delivery(notice).code) == ("retrying", "http_500")
        assert Attempt.objects.count() == delivery(notice).attempts == 9
        Delivery.objects.update(expires_at=clock().now())
        send_all_due(ALL_CHANNELS)
        assert delivery(notice).state == "expired"
        assert PushSubscription.objects.get().gone_at is None


class TestGoneDevice:
    def test_lets_the_next_step_come_at_once(self, outside: Outside) -> None:
        now = clock().now() - seconds(11)
        made = order(shop(clerks=1, owners=0), now=now)
        clerk = made.merchant.memberships.get().person
        register(clerk, outside.device())
        state(events.ORDER_PLACED, about(made), now=now)
        outside.fault("push", "410")
        send_all_due(ALL_CHANNELS)
        louder = Delivery.objects.get(step=2)
        assert (louder.state, louder.code) == ("dead", "no_subscription")


class TestSms:
    def test_is_sent_once_and_confirmed_by_its_receipt(self, outside: Outside) -> None:
        row = texted()
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert row.state == "sent"
        (entry,) = outside.ledger("sms")
        assert entry["out_id"] == str(row.pk)
        assert settle(told(row, row.provider_id))
        row.refresh_from_db()
        assert row.state == "confirmed"
        assert notice_of("new_order").delivered_at is not None

    @pytest.mark.parametrize("fault", ["accept_then_reset", "reset", "500"])
    def test_is_never_sent_again_after_an_unknown_outcome(
        self, outside: Outside, fault: str
    ) -> None:
        row = texted()
        outside.fault("sms", fault)
        for _ in range(3):
            send_all_due(ALL_CHANNELS)
            sweep(now=clock().now() + timedelta(hours=1))
            hurry()
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("uncertain", 1)

    def test_is_settled_by_a_receipt_even_when_uncertain(self, outside: Outside) -> None:
        row = texted()
        outside.fault("sms", "accept_then_reset")
        send_all_due(ALL_CHANNELS)
        (entry,) = outside.ledger("sms")
        assert settle_receipt(
            told(row, entry["message_id"]), provider="sandbox", now=clock().now()
        )
        assert not settle_receipt(
            told(row, entry["message_id"]), provider="sandbox", now=clock().now()
        )
        row.refresh_from_db()
        assert row.state == "confirmed"

    def test_is_sent_again_when_the_vendor_said_no(self, outside: Outside) -> None:
        row = texted()
        outside.fault("sms", "429", retry_after="0")
        send_all_due(ALL_CHANNELS)
        hurry()
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("sent", 2)

    def test_without_a_vendor_is_dead_and_says_so(self) -> None:
        row = texted()
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert (row.state, row.code) == ("dead", "no_provider")


class TestReceipt:
    def test_of_a_message_nobody_sent_changes_nothing(self) -> None:
        row = texted()
        assert not settle(told(row, "m1"))
        nonsense = SmsReceipt(
            event_id="e",
            provider_id="m",
            out_id="nonsense",
            to="+8613800000000",
            status=ReceiptStatus.DELIVERED,
            occurred_at=clock().now(),
        )
        assert not settle(nonsense)

    def test_may_overtake_the_answer(self) -> None:
        row = texted()
        Delivery.objects.filter(pk=row.pk).move(DeliveryTrigger.CLAIM, provider="sandbox")
        assert settle(told(row, "m1"))


def told(row: Delivery, provider_id: str, *, at: datetime | None = None) -> SmsReceipt:
    return SmsReceipt(
        event_id="e1",
        provider_id=provider_id,
        out_id=str(row.pk),
        to="+8613800000000",
        status=ReceiptStatus.DELIVERED,
        occurred_at=at or clock().now(),
    )
