"""People see the devices they are pushed to, take one away, and try them out."""

import pytest

from core.clock import clock
from notifications.claims import ALL_CHANNELS
from notifications.models import Notice, PushSubscription
from notifications.preferences.commands import QuietHours, set_quiet_hours
from notifications.sender import send_all_due
from notifications.trials import MOST
from tests.notifications.delivery.town import person, register, seconds
from tests.notifications.delivery.world import Outside
from tests.notifications.preferences.test_api import ask


pytestmark = pytest.mark.django_db(transaction=True)


class TestDevices:
    def test_are_listed_without_their_address(self, outside: Outside) -> None:
        who = person()
        row = register(who, outside.device())
        answer = ask(who, "GET", "/me/devices")
        (item,) = answer.json()["items"]
        assert (item["id"], item["kind"], item["service"]) == (row.pk, "webpush", "127.0.0.1")
        assert item["reached_at"] is None
        assert row.endpoint not in answer.content.decode()
        assert row.auth not in answer.content.decode()

    def test_are_taken_away_by_their_owner_only(self, outside: Outside) -> None:
        who = person()
        row = register(who, outside.device())
        wanted = {"id": row.pk}
        assert ask(person("Zhou"), "POST", "/me/devices/forget", wanted).status_code == 404
        assert ask(who, "POST", "/me/devices/forget", wanted).json() == {"items": []}
        assert PushSubscription.objects.get().gone_code == "removed"
        assert ask(who, "POST", "/me/devices/forget", wanted).status_code == 404

    @pytest.mark.parametrize("wrong", [0, -1, 2**63, "x", None])
    def test_need_a_number(self, wrong: object) -> None:
        answer = ask(person(), "POST", "/me/devices/forget", {"id": wrong})
        assert answer.json()["code"] == "validation_failed"


class TestTrial:
    def test_reaches_every_device_also_in_quiet_hours(self, outside: Outside) -> None:
        who = person(locale="en")
        now = clock().now()
        around = [(now + seconds(3600) * sign).timetz().replace(tzinfo=None) for sign in (-1, 1)]
        hours = QuietHours(time_zone="UTC", starts_at=around[0], ends_at=around[1])
        set_quiet_hours(person=who, hours=hours, now=now)
        devices = [outside.device() for _ in range(2)]
        for device in devices:
            register(who, device)
        notice_id = ask(who, "POST", "/me/devices/try").json()["notice_id"]
        send_all_due(ALL_CHANNELS)
        for device in devices:
            assert "A test" in str(outside.screen(device))
        story = ask(who, "GET", f"/notices/{notice_id}").json()
        assert [each["state"] for each in story["deliveries"]] == ["sent"]
        items = ask(who, "GET", "/me/devices").json()["items"]
        assert all(item["reached_at"] is not None for item in items)

    def test_says_that_there_is_no_device(self, outside: Outside) -> None:
        who = person()
        notice_id = ask(who, "POST", "/me/devices/try").json()["notice_id"]
        send_all_due(ALL_CHANNELS)
        story = ask(who, "GET", f"/notices/{notice_id}").json()
        (row,) = story["deliveries"]
        assert (row["state"], row["code"]) == ("dead", "no_subscription")

    def test_is_limited(self) -> None:
        who = person()
        for _ in range(MOST):
            assert ask(who, "POST", "/me/devices/try").status_code == 200
        refused = ask(who, "POST", "/me/devices/try")
        assert (refused.status_code, refused.json()["code"]) == (429, "tried_too_often")
        assert ask(person("Zhou"), "POST", "/me/devices/try").status_code == 200
        Notice.objects.update(created_at=clock().now() - seconds(301))
        assert ask(who, "POST", "/me/devices/try").status_code == 200

    def test_is_nothing_to_choose(self) -> None:
        items = ask(person(), "GET", "/me/preferences").json()["items"]
        assert "trial" not in {item["category"] for item in items}
