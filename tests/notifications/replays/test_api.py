"""Dead letters, the search for notices and the whole story of one, over HTTP."""

from typing import Any

import pytest

from core.clock import clock
from core.people.models import Person
from notifications.models import Delivery, Notice
from notifications.templates import LOCALES, TEMPLATES
from tests.notifications.delivery.test_api import ask
from tests.notifications.delivery.town import (
    person,
    seconds,
)
from tests.notifications.replays.letters import dead, replay, uncertain


pytestmark = pytest.mark.django_db

SINCE = "since=2026-05-01T00:00:00Z"


@pytest.fixture
def operator() -> Person:
    return person("Zhao", is_operator=True)


def letters(who: Person, **filters: str) -> Any:
    asked = "&".join([SINCE, *(f"{name}={value}" for name, value in filters.items())])
    answer = ask(who, "GET", f"/notifications/dead-letters?{asked}")
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestWords:
    def test_name_every_kind_in_the_language_asked_for(self, operator: Person) -> None:
        names = ask(operator, "GET", "/notifications/kinds?locale=en").json()["names"]
        assert names["order_accepted"] == "Order accepted"
        assert names["shop_campaign"] == "shop_campaign"

    def test_show_every_template_in_every_language(self, operator: Person) -> None:
        items = ask(operator, "GET", "/notifications/templates").json()["items"]
        shown = {(each["template"], each["locale"]) for each in items}
        assert shown == {(name, locale) for name in TEMPLATES for locale in LOCALES}

    @pytest.mark.parametrize("path", ["kinds", "templates"])
    def test_are_for_operators(self, path: str) -> None:
        assert ask(person(), "GET", f"/notifications/{path}").status_code == 403


class TestDeadLetters:
    def test_are_listed_with_their_reason_and_whether_a_replay_makes_sense(
        self, operator: Person
    ) -> None:
        row = dead()
        (item,) = letters(operator)["items"]
        assert (item["id"], item["code"], item["attempts"]) == (str(row.pk), "http_503", 8)
        assert (item["template"], item["channel"]) == ("new_order", "push")
        # By the clock of the installation the alert of this old order is long over.
        assert (item["can_replay"], item["why_not"]) == (False, "notice_expired")
        assert row.recipient is not None
        assert item["person"] == {"id": str(row.recipient.person_id), "name": "Li"}
        assert item["order_number"] is not None

    def test_are_found_by_state_channel_kind_code_and_age(self, operator: Person) -> None:
        pushed, texted, deviceless = dead(), uncertain(), dead(code="no_subscription")
        asked = {
            "channel": ("sms", [texted]),
            "state": ("uncertain", [texted]),
            "code": ("http_503", [pushed]),
            "template": ("refunded", []),
            "until": ("2026-05-01T01:00:00Z", []),
            "with_deviceless": ("false", [texted, pushed]),
        }
        for name, (value, rows) in asked.items():
            found = {item["id"] for item in letters(operator, **{name: value})["items"]}
            assert found == {str(row.pk) for row in rows}, name
        groups = {(each["code"], each["count"]) for each in letters(operator)["groups"]}
        assert groups == {("http_503", 1), ("timeout", 1), ("no_subscription", 1)}
        assert deviceless.state == "dead"

    def test_come_in_pages(self, operator: Person) -> None:
        ids = {str(dead().pk) for _ in range(3)}
        first = letters(operator, limit="2")
        second = letters(operator, limit="2", after=first["next"])
        assert {item["id"] for item in first["items"] + second["items"]} == ids
        assert second["next"] is None

    def test_leave_out_what_arrived_and_what_waits(self, operator: Person) -> None:
        row = dead()
        replay(row)
        assert letters(operator)["items"] == []

    def test_are_for_operators_only(self) -> None:
        assert ask(person(), "GET", "/notifications/dead-letters").status_code == 403
        assert ask(person(), "GET", "/operator/notices?query=1").status_code == 403

    @pytest.mark.parametrize("wrong", ["state=sent", "channel=pigeon", "since=soon", "after=x"])
    def test_refuse_a_filter_that_makes_no_sense(self, operator: Person, wrong: str) -> None:
        answer = ask(operator, "GET", f"/notifications/dead-letters?{wrong}")
        assert answer.status_code == 422
        assert answer.json()["code"] in {"validation_failed", "bad_cursor"}

    def test_are_replayed_over_http(self, operator: Person) -> None:
        row = dead()
        now = clock().now()
        later = now + seconds(600)
        Notice.objects.filter(pk=row.notice_id).update(expires_at=later)
        Delivery.objects.filter(pk=row.pk).update(expires_at=later)
        path = f"/notifications/deliveries/{row.pk}/replay"
        assert ask(person(), "POST", path, {"reason": "x"}).json()["code"] == "not_allowed"
        assert ask(operator, "POST", path, {}).json()["code"] == "validation_failed"
        answer = ask(operator, "POST", path, {"reason": "push is back"}).json()
        assert (answer["state"], answer["replay_count"]) == ("pending", 1)
        again = ask(operator, "POST", path, {"reason": "push is back"})
        assert (again.status_code, again.json()["code"]) == (409, "not_a_dead_letter")


class TestSearch:
    def test_finds_notices_by_number_id_phone_and_their_own_id(self, operator: Person) -> None:
        row = dead()
        notice = row.notice
        assert row.recipient is not None
        number = notice.variables["number"]
        phone = row.recipient.person.phone
        for query in (
            number,
            f"%23{number}",
            notice.order_id,
            notice.pk,
            phone.replace("+86", ""),
        ):
            items = ask(operator, "GET", f"/operator/notices?query={query}").json()["items"]
            assert str(notice.pk) in {item["id"] for item in items}, query
        (item,) = [each for each in items if each["id"] == str(notice.pk)]
        assert item["messages"] == {"dead": 1}

    @pytest.mark.parametrize("query", ["", "nobody", "0000000000000000000", "999999999"])
    def test_finds_nothing_for_anything_else(self, operator: Person, query: str) -> None:
        dead()
        assert ask(operator, "GET", f"/operator/notices?query={query}").json() == {"items": []}
