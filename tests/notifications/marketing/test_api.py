"""Campaigns and consent over HTTP: who may, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from core.clock import now
from core.people.models import Person
from notifications import sender
from notifications.preferences.commands import QuietHours, set_quiet_hours
from notifications.tasks import send_due
from tests.notifications.delivery.town import person, register, shop, staff
from tests.notifications.delivery.world import Outside
from tests.notifications.marketing.offers import WORDS, agree
from tests.notifications.preferences.test_api import ask, choose, seen


pytestmark = pytest.mark.django_db


def drafted(who: Person, **changes: Any) -> Any:
    wanted = {"words": WORDS, "expires_at": (now() + timedelta(days=3)).isoformat(), **changes}
    return ask(who, "POST", "/campaigns", wanted)


class TestCampaigns:
    def test_are_for_owners_of_the_shop(self) -> None:
        noodles = shop()
        mine = {"merchant_id": str(noodles.pk)}
        assert drafted(staff(noodles), **mine).status_code == 403
        assert drafted(person(), **mine).status_code == 404
        assert drafted(staff(noodles, owner=True)).status_code == 403
        assert drafted(person(is_operator=True)).status_code == 200
        assert drafted(staff(noodles, owner=True), **mine).json()["state"] == "draft"

    def test_are_previewed_started_and_stopped_once(self) -> None:
        noodles = shop()
        owner = staff(noodles, owner=True)
        agree(person(), noodles)
        path = f"/campaigns/{drafted(owner, merchant_id=str(noodles.pk)).json()['id']}"
        preview = ask(owner, "GET", f"{path}/preview").json()
        assert preview["messages"] == WORDS
        assert preview["audience_count"] == 1
        assert ask(owner, "POST", f"{path}/start").json()["state"] == "running"
        again = ask(owner, "POST", f"{path}/start")
        assert (again.status_code, again.json()["code"]) == (409, "campaign_state")
        assert ask(owner, "POST", f"{path}/stop").json()["state"] == "stopped"
        (listed,) = ask(owner, "GET", f"/campaigns?merchant_id={noodles.pk}").json()["items"]
        assert (listed["state"], listed["messages"]) == ("stopped", {})
        for act in ("preview", "start", "stop"):
            method = "GET" if act == "preview" else "POST"
            assert ask(staff(shop(), owner=True), method, f"{path}/{act}").status_code == 404

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"expires_at": "2020-01-01T00:00:00Z"}, "campaign_times"),
            ({"expires_at": "2099-01-01T00:00:00Z"}, "campaign_times"),
            ({"expires_at": "2099-01-01T00:00:00"}, "validation_failed"),
            ({"words": {"en": WORDS["en"]}}, "validation_failed"),
        ],
    )
    def test_that_make_no_sense_are_refused(self, changes: dict[str, Any], code: str) -> None:
        answer = drafted(person(is_operator=True), **changes)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


class TestConsents:
    def test_are_given_and_withdrawn(self) -> None:
        who, noodles = person(), shop()
        wording = ask(who, "GET", "/me/consents").json()["wording"]
        assert set(wording["text"]) == {"zh-CN", "en"}
        wanted = {"merchant_id": str(noodles.pk), "wording": wording["version"]}
        for _ in range(2):
            items = ask(who, "POST", "/me/consents", wanted).json()["items"]
            assert [item["is_given"] for item in items] == [False, True]
        assert who.consents.count() == 1
        left = ask(who, "POST", "/me/consents/withdraw", {"everywhere": True}).json()["items"]
        assert [item["is_given"] for item in left] == [False, False]

    def test_to_old_words_or_unknown_shops_are_refused(self) -> None:
        old = ask(person(), "POST", "/me/consents", {"wording": "1999-01"})
        assert (old.status_code, old.json()["code"]) == (422, "wording_outdated")
        nobody = {"wording": "2026-11", "merchant_id": "00000000-0000-0000-0000-000000000001"}
        assert ask(person(), "POST", "/me/consents", nobody).status_code == 404

    def test_are_needed_before_campaigns_can_be_switched_on(self) -> None:
        who = person()
        assert seen(who)["marketing", "push"] == "off"
        refused = choose(who, "marketing", "push", "on")
        assert (refused.status_code, refused.json()["code"]) == (409, "consent_missing")
        agree(who, None)
        assert choose(who, "marketing", "push", "on").status_code == 200


def at_noon(who: Person) -> None:
    """Let the person live where it is about noon now."""
    ahead = 12 - now().hour
    hours = QuietHours(time_zone=f"Etc/GMT{-ahead:+d}", starts_at=None, ends_at=None)
    set_quiet_hours(person=who, hours=hours, now=now())


@pytest.mark.django_db(transaction=True)
class TestSending:
    def test_of_campaigns_is_a_task_of_its_own(self, outside: Outside) -> None:
        operator, guest = person(is_operator=True), person()
        device = outside.device()
        register(guest, device)
        agree(guest, None)
        at_noon(guest)
        campaign = drafted(operator).json()["id"]
        ask(operator, "POST", f"/campaigns/{campaign}/start")
        assert send_due("push") == 0
        assert send_due("marketing") == 1
        (card,) = outside.screen(device)["cards"]
        assert card["message"]["unsubscribe"]["label"] == "退订"

    def test_takes_a_bite_at_a_time(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sender, "CAMPAIGN_CLAIM_LIMIT", 1)
        monkeypatch.setattr(sender, "TASK_BATCHES", 2)
        operator = person(is_operator=True)
        for _ in range(3):
            guest = person()
            agree(guest, None)
            at_noon(guest)
        campaign = drafted(operator).json()["id"]
        ask(operator, "POST", f"/campaigns/{campaign}/start")
        assert [send_due("marketing") for _ in range(3)] == [2, 1, 0]


class TestTerms:
    def test_say_whom_it_reaches_and_how_often(self) -> None:
        noodles = shop()
        agree(person(), noodles)
        path = f"/campaign-terms?merchant_id={noodles.pk}"
        terms = ask(staff(noodles, owner=True), "GET", path).json()
        assert terms["audience_count"] == 1
        assert terms["wording"].keys() == {"zh-CN", "en"}
        assert {"days": 1, "most": 2} in terms["caps"]
        assert terms["longest_days"] == 30

    def test_are_nobody_elses(self) -> None:
        noodles = shop()
        path = f"/campaign-terms?merchant_id={noodles.pk}"
        assert ask(staff(noodles), "GET", path).status_code == 403
        assert ask(staff(shop(), owner=True), "GET", path).status_code == 404
        assert ask(staff(noodles, owner=True), "GET", "/campaign-terms").status_code == 403
        assert ask(person(is_operator=True), "GET", "/campaign-terms").status_code == 200
