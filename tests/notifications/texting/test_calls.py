"""The voice step: a phone rings, and pressing 1 is an act."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from core.clock import clock
from core.events import catalogue as events
from notifications.claims import ALL_CHANNELS
from notifications.models import Delivery, Notice
from notifications.receipts import mark_acted
from notifications.sandbox.signature import sign
from notifications.sender import send_all_due
from tests.notifications.delivery.town import about, order, receipt, seconds, shop, state
from tests.notifications.delivery.world import SECRET, Outside
from tests.notifications.texting.asking import ask_all_due


pytestmark = pytest.mark.django_db(transaction=True)


def alarmed(*, ago: float = 91) -> Notice:
    """Let a new order stay unanswered until its call; nothing else is left to send."""
    now = clock().now() - seconds(ago)
    made = order(shop(clerks=0), now=now)
    state(events.ORDER_PLACED, about(made), now=now)
    Delivery.objects.filter(channel__in=["push", "sms"]).delete()
    return Notice.objects.get(order_id=made.pk)


def call_of(notice: Notice) -> Delivery:
    row: Delivery = notice.deliveries.get(channel="call")
    return row


def ringing(outside: Outside) -> dict[str, Any]:
    """Return the one call on the simulated phones."""
    (phone,) = (each for each in outside.call("GET", "/screens")["phones"] if each["calls"])
    (call,) = phone["calls"]
    return {**call, "phone": phone["phone"]}


def told(row: Delivery, status: str) -> Any:
    """Post the vendor's signed word on a call."""
    body = json.dumps(
        {
            "event_id": "e1",
            "message_id": "m1",
            "out_id": str(row.pk),
            "to": "+8613800000000",
            "status": status,
            "occurred_at": clock().now().isoformat(),
        }
    ).encode()
    headers = sign(secret=SECRET, timestamp=int(time.time()), body=body)
    return Client().post(
        "/api/v1/calls/sandbox/receipts",
        data=body,
        content_type="application/json",
        headers=headers,
    )


class TestCall:
    def test_rings_the_phone_and_reads_the_order(self, outside: Outside) -> None:
        notice = alarmed()
        send_all_due(ALL_CHANNELS)
        row = call_of(notice)
        assert (row.state, row.provider) == ("sent", "sandbox")
        call = ringing(outside)
        assert row.recipient is not None
        assert call["phone"] == row.recipient.person.phone
        assert call["state"] == "ringing"
        assert str(notice.variables["number"]) in call["text"]

    def test_that_was_answered_has_arrived_and_is_no_act(self, outside: Outside) -> None:
        notice = alarmed()
        send_all_due(ALL_CHANNELS)
        outside.call("POST", f"/voice/calls/{ringing(outside)['call_id']}/answer")
        assert told(call_of(notice), "delivered").status_code == 200
        notice.refresh_from_db()
        assert call_of(notice).state == "confirmed"
        assert (notice.delivered_at is not None, notice.acted_at) == (True, None)
        assert notice.deliveries.get(channel="operator").state == "pending"

    def test_acknowledged_by_a_key_is_an_act_and_ends_the_ladder(self, outside: Outside) -> None:
        notice = alarmed()
        send_all_due(ALL_CHANNELS)
        row = call_of(notice)
        assert row.recipient is not None
        for _ in range(2):
            told(row, "acknowledged")
        notice.refresh_from_db()
        assert notice.acted_by == row.recipient.person_id
        assert call_of(notice).state == "confirmed"
        assert notice.deliveries.get(channel="operator").state == "cancelled"

    def test_is_not_made_once_somebody_has_acted(self, outside: Outside) -> None:
        notice = alarmed()
        (owner,) = [each.person for each in notice.recipients.select_related("person")]
        mark_acted(person=owner, receipts=[receipt(notice)], now=clock().now())
        send_all_due(ALL_CHANNELS)
        assert call_of(notice).state == "cancelled"
        assert outside.ledger("voice") == []

    def test_that_nobody_answered_is_dead(self, outside: Outside) -> None:
        notice = alarmed()
        send_all_due(ALL_CHANNELS)
        told(call_of(notice), "failed")
        assert (call_of(notice).state, call_of(notice).code) == ("dead", "receipt_failed")

    def test_is_never_made_again_after_an_unknown_outcome(self, outside: Outside) -> None:
        notice = alarmed()
        outside.fault("voice", "accept_then_reset")
        for _ in range(3):
            send_all_due(ALL_CHANNELS)
        assert (call_of(notice).state, call_of(notice).attempts) == ("uncertain", 1)
        assert len(outside.ledger("voice")) == 1

    def test_whose_key_was_pressed_unheard_is_an_act_when_asked(self, outside: Outside) -> None:
        notice = alarmed()
        outside.fault("voice", "accept_then_reset")
        send_all_due(ALL_CHANNELS)
        call = ringing(outside)["call_id"]
        outside.call("POST", f"/voice/calls/{call}/answer")
        outside.call("POST", f"/voice/calls/{call}/press", {"digit": "1"})
        Delivery.objects.filter(ask_at__isnull=False).update(ask_at=clock().now())
        assert ask_all_due() == 1
        notice.refresh_from_db()
        assert notice.acted_at is not None

    def test_forged_words_are_refused(self, outside: Outside) -> None:
        notice = alarmed()
        answer = Client().post(
            "/api/v1/calls/sandbox/receipts", data=b"{}", content_type="application/json"
        )
        assert answer.status_code == 401
        assert call_of(notice).state == "pending"
