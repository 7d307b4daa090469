"""Apps on phones: registered, rotated, handed on, pushed to, gone by the vendor's word alone."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.clock import clock, real_now
from core.environment import environment
from core.events import catalogue as events
from core.people.models import Person
from core.people.tokens import issue_token
from notifications.claims import ALL_CHANNELS
from notifications.models import Delivery, Notice, PushSubscription
from notifications.sender import send_all_due
from tests.notifications.delivery.town import NOON, about, order, person, register, shop, state
from tests.notifications.delivery.world import Outside


pytestmark = pytest.mark.django_db(transaction=True)


def ask(who: Person, path: str, body: Mapping[str, Any]) -> Any:
    token = issue_token(person=who, label="test", now=NOON)
    return Client().post(
        f"/api/v1{path}",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def body_of(installed: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    names = ("kind", "token", "app_id", "environment")
    return {**{name: installed[name] for name in names}, **more}


def registered(who: Person, outside: Outside, kind: str = "fcm", **more: Any) -> Any:
    installed = outside.app(kind, **more)
    assert ask(who, "/push/devices", body_of(installed)).status_code == 200
    return installed


def accepted(customer: Person) -> Notice:
    """Tell `customer` that an order was accepted; the push is due at once."""
    now = clock().now()
    made = order(shop(), customer=customer, state="accepted", accepted_at=now)
    state(events.ORDER_ACCEPTED, about(made), now=now)
    return Notice.objects.get(order_id=made.pk)


def push_of(notice: Notice) -> Delivery:
    row: Delivery = Delivery.objects.get(notice=notice, channel="push")
    return row


def titles(outside: Outside, installed: Any) -> list[str]:
    return [card["message"]["title"] for card in outside.app_screen(installed)["cards"]]


class TestRegister:
    def test_keeps_a_token_once(self, outside: Outside) -> None:
        who = person()
        installed = outside.app("fcm")
        ids = {ask(who, "/push/devices", body_of(installed)).json()["id"] for _ in range(2)}
        assert ids == {PushSubscription.objects.get().pk}

    def test_gives_a_phone_that_changed_hands_to_its_new_owner(self, outside: Outside) -> None:
        old, new = person(), person()
        installed = registered(old, outside)
        ask(new, "/push/devices", body_of(installed))
        assert PushSubscription.objects.get().person == new
        removal = {"kind": "fcm", "token": installed["token"]}
        assert ask(old, "/push/devices/remove", removal).json() == {"removed": False}
        assert ask(new, "/push/devices/remove", removal).json() == {"removed": True}

    def test_puts_a_new_token_in_the_place_of_the_old_one(self, outside: Outside) -> None:
        who = person()
        before = registered(who, outside)
        row = PushSubscription.objects.get()
        after = outside.call("POST", f"/apps/{before['device_id']}/rotate")
        answer = ask(who, "/push/devices", body_of(after, replaces=before["token"]))
        assert answer.json()["id"] == row.pk
        row.refresh_from_db()
        assert row.endpoint == after["token"]

    def test_ends_the_old_token_where_the_new_one_is_known(self, outside: Outside) -> None:
        who = person()
        first, second = registered(who, outside), registered(who, outside)
        ask(who, "/push/devices", body_of(second, replaces=first["token"]))
        old, new = PushSubscription.objects.order_by("pk")
        assert (old.gone_code, new.gone_at) == ("rotated", None)

    def test_leaves_the_token_of_somebody_else_alone(self, outside: Outside) -> None:
        victim = registered(person(), outside)
        ask(person(), "/push/devices", body_of(outside.app("fcm"), replaces=victim["token"]))
        assert PushSubscription.objects.get(endpoint=victim["token"]).gone_at is None

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"app_id": "com.example.other"}, "app_unknown"),
            ({"kind": "apns", "token": "z" * 64}, "device_token_invalid"),
        ],
    )
    def test_refuses_what_could_not_be_reached(
        self,
        outside: Outside,
        monkeypatch: pytest.MonkeyPatch,
        changes: dict[str, str],
        code: str,
    ) -> None:
        monkeypatch.setenv("PAIDAN_APP_IDS", "com.example.shop, com.example.courier")
        environment.cache_clear()
        answer = ask(person(), "/push/devices", body_of(outside.app("fcm")) | changes)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


class TestSend:
    def test_reaches_apps_and_browsers_alike(self, outside: Outside) -> None:
        who = person("Wang")
        browser = outside.device()
        register(who, browser)
        phones = [
            registered(who, outside),
            registered(who, outside, "apns"),
            registered(who, outside, "apns", environment="development"),
        ]
        notice = accepted(who)
        assert send_all_due(ALL_CHANNELS) == 1
        assert push_of(notice).state == "sent"
        assert [titles(outside, phone) for phone in phones] == [["商家已接单"]] * 3
        assert outside.screen(browser)["visible_count"] == 1
        assert notice.deliveries.get(channel="push").tries.count() == 4

    def test_speaks_the_language_of_the_app(self, outside: Outside) -> None:
        who = person("Wang")
        installed = outside.app("fcm")
        ask(who, "/push/devices", body_of(installed, locale="en"))
        accepted(who)
        send_all_due(ALL_CHANNELS)
        assert titles(outside, installed) == ["Order accepted"]

    def test_repeats_only_to_the_device_that_was_not_reached(self, outside: Outside) -> None:
        who = person("Wang")
        browser, phone = outside.device(), registered(who, outside)
        register(who, browser)
        notice = accepted(who)
        outside.fault("fcm", "500")
        send_all_due(ALL_CHANNELS)
        assert push_of(notice).state == "retrying"
        Delivery.objects.update(due_at=clock().now())
        send_all_due(ALL_CHANNELS)
        assert push_of(notice).state == "sent"
        assert outside.screen(browser)["raw_count"] == 1
        assert outside.app_screen(phone)["raw_count"] == 1

    def test_shrinks_what_the_vendor_finds_too_long(self, outside: Outside) -> None:
        who = person("Wang")
        phone = registered(who, outside)
        notice = accepted(who)
        outside.fault("fcm", "413")
        send_all_due(ALL_CHANNELS)
        assert push_of(notice).state == "sent"
        (card,) = outside.app_screen(phone)["cards"]
        assert (card["message"]["title"], card["message"]["body"]) == ("商家已接单", "")

    def test_on_a_phone_screen_stands_beside_its_texts(self, outside: Outside) -> None:
        who = person("Wang")
        registered(who, outside, phone=who.phone)
        accepted(who)
        send_all_due(ALL_CHANNELS)
        (shown,) = outside.call("GET", "/screens")["phones"]
        assert (shown["phone"], len(shown["cards"])) == (who.phone, 1)


class TestPruning:
    def test_ends_an_app_that_was_removed(self, outside: Outside) -> None:
        who = person("Wang")
        phone = registered(who, outside)
        outside.call("DELETE", f"/apps/{phone['device_id']}")
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert (push_of(notice).state, push_of(notice).code) == ("dead", "gone")
        assert PushSubscription.objects.get().gone_code == "unregistered"

    @pytest.mark.parametrize("kind", ["fcm", "apns"])
    @pytest.mark.parametrize("mode", ["429", "500", "503", "reset", "accept_then_reset", "413"])
    def test_needs_the_word_of_the_vendor(self, outside: Outside, kind: str, mode: str) -> None:
        who = person("Wang")
        registered(who, outside, kind)
        accepted(who)
        outside.fault(kind, mode, count=2)
        send_all_due(ALL_CHANNELS)
        assert PushSubscription.objects.get().gone_at is None

    @pytest.mark.parametrize(("ago_seconds", "code"), [(0, "Unregistered"), (3600, "")])
    def test_heeds_since_when_apple_knows(
        self, outside: Outside, ago_seconds: float, code: str
    ) -> None:
        who = person("Wang")
        phone = registered(who, outside, "apns")
        PushSubscription.objects.update(registered_at=real_now() - timedelta(minutes=10))
        path = f"/apps/{phone['device_id']}"
        outside.call("DELETE", path, {"ago_seconds": ago_seconds})
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert push_of(notice).state == "dead"
        assert PushSubscription.objects.get().gone_code == code

    def test_spares_a_token_of_apples_other_environment(self, outside: Outside) -> None:
        who = person("Wang")
        installed = outside.app("apns", environment="development")
        ask(who, "/push/devices", body_of(installed) | {"environment": "production"})
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert push_of(notice).code == "BadDeviceToken"
        assert PushSubscription.objects.get().gone_at is None

    def test_spares_another_senders_device(self, outside: Outside) -> None:
        who = person("Wang")
        registered(who, outside, sender="somebody-else")
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert push_of(notice).code == "sender_id_mismatch"
        assert PushSubscription.objects.get().gone_at is None

    def test_lets_an_app_come_back(self, outside: Outside) -> None:
        who = person("Wang")
        phone = registered(who, outside)
        PushSubscription.objects.update(gone_at=NOON, gone_code="unregistered")
        ask(who, "/push/devices", body_of(phone))
        accepted(who)
        send_all_due(ALL_CHANNELS)
        assert titles(outside, phone) == ["商家已接单"]
        row = PushSubscription.objects.get()
        assert row.registered_at is not None
        assert row.registered_at > real_now() - timedelta(days=1)
