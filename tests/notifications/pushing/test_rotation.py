"""A device that gets another endpoint keeps its person, and what is under way goes on to it."""

import json
from typing import Any

import pytest
from django.test import Client

from core.people.models import Person
from notifications.claims import ALL_CHANNELS
from notifications.models import Attempt, PushSubscription
from notifications.pushing.keys import push_public_key
from notifications.results import store
from notifications.sender import send_all_due
from notifications.subscriptions import unsubscribe
from tests.notifications.delivery.test_sending import accepted, delivery, hurry
from tests.notifications.delivery.town import NOON, person, register
from tests.notifications.delivery.world import Outside


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer(outside: Outside) -> Person:
    return person("Wang")


@pytest.fixture
def old(outside: Outside, customer: Person) -> Any:
    subscription = outside.device()
    register(customer, subscription)
    return subscription


def rotate(old: Any, new: Any, **changes: Any) -> Any:
    """Ask as a service worker does that nobody is logged in to."""
    body = {
        "old_endpoint": old["endpoint"],
        "old_auth": old["keys"]["auth"],
        "endpoint": new["endpoint"],
        "keys": new["keys"],
        "application_server_key": push_public_key(),
        **changes,
    }
    return Client(enforce_csrf_checks=True).post(
        "/api/v1/push/subscriptions/rotate", json.dumps(body), content_type="application/json"
    )


class TestRotate:
    def test_keeps_row_and_person(self, outside: Outside, customer: Person, old: Any) -> None:
        before, new = PushSubscription.objects.get(), outside.device()
        assert rotate(old, new).json() == {"id": before.pk}
        after = PushSubscription.objects.get()
        assert (after.pk, after.person, after.endpoint) == (before.pk, customer, new["endpoint"])

    def test_twice_is_once(self, outside: Outside, old: Any) -> None:
        new = outside.device()
        answers = [rotate(old, new) for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 200]
        assert PushSubscription.objects.count() == 1

    def test_revives_a_device_whose_old_endpoint_was_found_gone(
        self, outside: Outside, customer: Person, old: Any
    ) -> None:
        outside.fault("push", "410")
        accepted(customer)
        send_all_due(ALL_CHANNELS)
        assert PushSubscription.objects.get().gone_code == "http_410"
        rotate(old, outside.device())
        assert PushSubscription.objects.get().gone_at is None

    def test_needs_the_secret_of_the_device(self, outside: Outside, old: Any) -> None:
        new = outside.device()
        answer = rotate(old, new, old_auth=new["keys"]["auth"])
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert PushSubscription.objects.get().endpoint == old["endpoint"]

    def test_does_not_bring_back_what_its_person_ended(
        self, outside: Outside, customer: Person, old: Any
    ) -> None:
        unsubscribe(person=customer, endpoint=old["endpoint"], now=NOON)
        assert rotate(old, outside.device()).status_code == 404
        assert PushSubscription.objects.get().gone_code == "unsubscribed"

    def test_must_lead_to_a_push_service_that_is_trusted(self, outside: Outside, old: Any) -> None:
        answer = rotate(old, outside.device(), endpoint="https://intranet.example/x")
        assert answer.status_code == 422

    def test_must_name_a_key_of_ours(self, outside: Outside, old: Any) -> None:
        answer = rotate(old, outside.device(), application_server_key="B" * 87)
        assert (answer.status_code, answer.json()["code"]) == (422, "push_key_unknown")

    def test_to_one_that_is_known_already_leaves_one(
        self, outside: Outside, customer: Person, old: Any
    ) -> None:
        new = outside.device()
        known = register(customer, new)
        assert rotate(old, new).json() == {"id": known.pk}
        live = PushSubscription.objects.filter(gone_at__isnull=True)
        assert [each.pk for each in live] == [known.pk]


class TestUnderWay:
    def test_a_push_to_the_old_endpoint_is_followed_by_one_to_the_new(
        self, outside: Outside, customer: Person, old: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notice, new = accepted(customer), outside.device()
        outside.call("DELETE", f"/push/devices/{old['device_id']}")

        def after_rotation(*args: Any, **kwargs: Any) -> None:
            rotate(old, new)
            store(*args, **kwargs)

        monkeypatch.setattr("notifications.sender.store", after_rotation)
        send_all_due(ALL_CHANNELS)
        hurry()
        send_all_due(ALL_CHANNELS)
        assert delivery(notice).state == "sent"
        codes = Attempt.objects.order_by("number").values_list("code", flat=True)
        assert list(codes) == ["rotated", "http_201"]
        assert PushSubscription.objects.get().gone_at is None
        assert outside.screen(new)["visible_count"] == 1


class TestAnotherPerson:
    def test_takes_the_device_over(self, outside: Outside, customer: Person, old: Any) -> None:
        notice, other = accepted(customer), person("Wu")
        register(other, old)
        send_all_due(ALL_CHANNELS)
        assert (delivery(notice).state, delivery(notice).code) == ("dead", "no_subscription")
        theirs = accepted(other)
        send_all_due(ALL_CHANNELS)
        assert delivery(theirs).state == "sent"
        assert outside.screen(old)["visible_count"] == 1
