"""What people see and choose over HTTP, and how nonsense is refused."""

import json
from typing import Any

import pytest
from django.test import Client

from core.people.models import Person
from core.people.tokens import issue_token
from tests.notifications.delivery.town import NOON, person, shop, staff


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


def choose(who: Person, category: str, channel: str, choice: str) -> Any:
    wanted = {"category": category, "channel": channel, "choice": choice}
    return ask(who, "POST", "/me/preferences", wanted)


def seen(who: Person) -> dict[tuple[str, str], str]:
    items = ask(who, "GET", "/me/preferences").json()["items"]
    return {(item["category"], item["channel"]): item["choice"] for item in items}


class TestPreferences:
    def test_list_what_ones_roles_are_told(self) -> None:
        assert ("pickup_offer", "push") not in seen(person())
        assert seen(person(is_courier=True))["pickup_offer", "push"] == "on"

    def test_are_kept_once(self) -> None:
        who = person()
        for choice in ("off", "off", "on"):
            assert choose(who, "order_update", "push", choice).json()["choice"] == choice
            assert seen(who)["order_update", "push"] == choice
        assert who.preferences.count() == 1

    @pytest.mark.parametrize(
        ("category", "channel", "code"),
        [
            ("order_alert", "push", "preference_locked"),
            ("order_alert", "board", "preference_locked"),
            ("pickup_offer", "push", "preference_unknown"),
            ("order_update", "sms", "preference_unknown"),
            ("weather", "push", "validation_failed"),
        ],
    )
    def test_are_refused_with_a_stable_code(self, category: str, channel: str, code: str) -> None:
        answer = choose(staff(shop()), category, channel, "off")
        assert (answer.status_code, answer.json()["code"]) == (422, code)


class TestQuietHours:
    def test_are_none_at_first_and_kept(self) -> None:
        who = person()
        none = {"time_zone": "Asia/Shanghai", "starts_at": None, "ends_at": None}
        assert ask(who, "GET", "/me/quiet-hours").json() == none
        wanted = {"time_zone": "Europe/Berlin", "starts_at": "22:30", "ends_at": "07:00"}
        assert ask(who, "POST", "/me/quiet-hours", wanted).json() == wanted
        assert ask(who, "GET", "/me/quiet-hours").json() == wanted
        lifted = {**none, "time_zone": "Europe/Berlin"}
        assert ask(who, "POST", "/me/quiet-hours", {"time_zone": "Europe/Berlin"}).json() == lifted

    @pytest.mark.parametrize(
        ("zone", "starts_at", "ends_at", "code"),
        [
            ("Mars/Olympus", "22:00", "07:00", "time_zone_unknown"),
            ("../../etc/passwd", "22:00", "07:00", "time_zone_unknown"),
            ("Asia/Shanghai", "22:00", "22:00", "quiet_hours_empty"),
            ("Asia/Shanghai", "22:00", None, "quiet_hours_half"),
            ("Asia/Shanghai", "24:00", "07:00", "validation_failed"),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, zone: str, starts_at: str, ends_at: str | None, code: str
    ) -> None:
        wanted = {"time_zone": zone, "starts_at": starts_at, "ends_at": ends_at}
        answer = ask(person(), "POST", "/me/quiet-hours", wanted)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


class TestDigest:
    def test_comes_at_nine_unless_chosen_otherwise(self) -> None:
        who = person()
        assert ask(who, "GET", "/me/digest").json() == {"every": "day", "hour": 9}
        assert ask(who, "POST", "/me/digest", {"every": "day", "hour": 20}).status_code == 200
        assert ask(who, "GET", "/me/digest").json() == {"every": "day", "hour": 20}
        assert ask(who, "POST", "/me/digest", {"every": "day", "hour": 24}).status_code == 422

    def test_is_not_offered_for_texts(self) -> None:
        answer = choose(staff(shop()), "order_alert", "sms", "digest")
        assert (answer.status_code, answer.json()["code"]) == (422, "digest_not_offered")
