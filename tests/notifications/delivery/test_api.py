"""The resources and commands over HTTP."""

import json
import time
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from core.events import catalogue as events
from core.orders.models import Order
from core.people.models import Person
from core.people.tokens import issue_token
from notifications.channels.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from notifications.models import Delivery, Notice, PushSubscription
from notifications.sandbox.signature import sign
from notifications.states import DeliveryTrigger
from tests.notifications.delivery.town import (
    NOON,
    about,
    notice_of,
    order,
    person,
    shop,
    staff,
    state,
)
from tests.notifications.delivery.world import SECRET, VAPID_KEY, Outside


pytestmark = pytest.mark.django_db


def ask(who: Person, method: str, path: str, body: object = None) -> Any:
    token = issue_token(person=who, label="test", now=NOON)
    return Client().generic(
        method,
        f"/api/v1{path}",
        data="" if body is None else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


@pytest.fixture
def placed() -> Order:
    made = order(shop())
    state(events.ORDER_PLACED, about(made))
    return made


class TestNotices:
    def test_are_listed_and_acted_upon(self, placed: Order) -> None:
        clerk = staff(placed.merchant)
        (item,) = ask(clerk, "GET", "/inbox?unread=true").json()["items"]
        assert ask(clerk, "POST", f"/notices/{item['id']}/act", {}).status_code == 200
        assert ask(clerk, "GET", "/inbox?unread=true").json()["items"] == []
        assert notice_of("new_order").acted_by == clerk.pk

    def test_show_their_whole_story_to_operators(self, placed: Order) -> None:
        operator = person("Zhao", is_operator=True)
        audit = ask(operator, "GET", f"/notices/{notice_of('new_order').pk}").json()
        assert len(audit["deliveries"]) == 9

    def test_are_hidden_from_strangers(self, placed: Order) -> None:
        path = f"/notices/{notice_of('new_order').pk}"
        stranger = person("Zhou")
        assert ask(stranger, "GET", path).status_code == 404
        assert ask(stranger, "POST", f"{path}/seen", {}).status_code == 404
        assert ask(stranger, "GET", "/notifications/funnel").status_code == 403


class TestPushSubscriptions:
    def test_are_kept_once_and_removed(self, outside: Outside) -> None:
        who, device = person(), outside.device()
        body = {"endpoint": device["endpoint"], "keys": device["keys"]}
        for _ in range(2):
            assert ask(who, "POST", "/push/subscriptions", body).status_code == 200
        removal = {"endpoint": device["endpoint"]}
        answer = ask(who, "POST", "/push/subscriptions/remove", removal).json()
        assert answer == {"removed": True}
        assert PushSubscription.objects.get().gone_code == "unsubscribed"

    def test_must_name_a_push_service_that_is_trusted(self, outside: Outside) -> None:
        body = {"endpoint": "https://intranet.example/x", "keys": {"p256dh": "a", "auth": "b"}}
        assert ask(person(), "POST", "/push/subscriptions", body).status_code == 422

    def test_begin_with_the_public_key(self, outside: Outside) -> None:
        key = Client().get("/api/v1/push/key").json()["key"]
        assert key
        assert key != VAPID_KEY


class TestReceipts:
    def post(self, delivery_id: UUID, *, secret: str = SECRET) -> Any:
        body = json.dumps(
            {
                "event_id": "e1",
                "message_id": "m1",
                "out_id": str(delivery_id),
                "to": "+8613800000000",
                "status": "delivered",
                "occurred_at": NOON.isoformat(),
            }
        ).encode()
        signed = {
            name.lower(): value
            for name, value in sign(secret=secret, timestamp=int(time.time()), body=body).items()
        }
        headers = {name: signed[name] for name in (TIMESTAMP_HEADER, SIGNATURE_HEADER)}
        return Client().post(
            "/api/v1/sms/sandbox/receipts",
            data=body,
            content_type="application/json",
            headers=headers,
        )

    def test_settle_a_message_once(self, outside: Outside, placed: Order) -> None:
        row = Delivery.objects.filter(channel="sms").first()
        assert row is not None
        Delivery.objects.filter(pk=row.pk).move(DeliveryTrigger.CLAIM, provider="sandbox")
        for _ in range(2):
            assert self.post(row.pk).json() == {"taken": True}
            row.refresh_from_db()
            assert (row.state, row.code) == ("confirmed", "receipt_delivered")
        assert Notice.objects.get(pk=row.notice_id).delivered_at is not None

    def test_that_are_forged_are_refused(self, outside: Outside) -> None:
        assert self.post(UUID(int=1), secret="wrong").status_code == 401
