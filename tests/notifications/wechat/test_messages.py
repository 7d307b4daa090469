"""From an order's event to WeChat on a phone: linked by log-in, counted by grant, never twice."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.clock import clock
from core.environment import environment
from core.events import catalogue as events
from core.people.models import Person
from core.people.tokens import issue_token
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.escalation import Channel
from notifications.models import Delivery, Notice, WeChatGrant, WeChatUser
from notifications.results import sweep
from notifications.sender import send_all_due
from notifications.wechat.checks import check_wechat
from tests.notifications.delivery.town import NOON, about, order, person, shop, state
from tests.notifications.delivery.world import PATIENCE_SECONDS, Outside


pytestmark = pytest.mark.django_db(transaction=True)

TEMPLATE = "sandbox-order-update"


def ask(who: Person, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    token = issue_token(person=who, label="test", now=NOON)
    return Client().generic(
        method,
        f"/api/v1{path}",
        data="" if body is None else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def login_code(outside: Outside, openid: str) -> str:
    code: str = outside.call("POST", f"/wechat/users/{openid}/login")["code"]
    return code


def linked(
    who: Person, outside: Outside, *, grants: int = 1, real_grants: int | None = None
) -> str:
    """Let `who` log in with WeChat and agree to some messages; return the openid."""
    openid = str(outside.call("POST", "/wechat/users", {"person": who.name})["openid"])
    answer = ask(who, "POST", "/me/wechat", {"code": login_code(outside, openid)})
    assert answer.status_code == 200, answer.content
    real = grants if real_grants is None else real_grants
    outside.call("POST", f"/wechat/users/{openid}/grants", {"templates": [TEMPLATE] * real})
    for _ in range(grants):
        ask(who, "POST", "/me/wechat-grants", {"templates": {TEMPLATE: "accept"}})
    return openid


def accepted(customer: Person, *, ago: float = 21) -> Notice:
    """Tell `customer` that an order was accepted, so long ago that WeChat's turn has come."""
    now = clock().now() - timedelta(seconds=ago)
    made = order(shop(), customer=customer, state="accepted", accepted_at=now)
    state(events.ORDER_ACCEPTED, about(made), now=now)
    return Notice.objects.get(order_id=made.pk)


def step_of(notice: Notice) -> Delivery:
    row: Delivery = Delivery.objects.get(notice=notice, channel="wechat")
    return row


def left(who: Person) -> int:
    return WeChatGrant.objects.get(user__person=who, template_id=TEMPLATE).left_count


def shown(outside: Outside, openid: str) -> list[str]:
    cards = outside.call("GET", f"/wechat/users/{openid}")["cards"]
    return [card["message"]["title"] for card in cards]


class TestLink:
    def test_is_proved_by_a_login_code_that_works_once(self, outside: Outside) -> None:
        who = person("Wang")
        openid = linked(who, outside, grants=0)
        assert WeChatUser.objects.get(person=who).openid == openid
        code = login_code(outside, openid)
        assert ask(who, "POST", "/me/wechat", {"code": code}).status_code == 200
        again = ask(who, "POST", "/me/wechat", {"code": code})
        assert (again.status_code, again.json()["code"]) == (409, "wechat_login_refused")

    def test_goes_to_whoever_logs_in_with_its_grants(self, outside: Outside) -> None:
        old, new = person("Wang"), person("Zhao")
        openid = linked(old, outside, grants=2)
        ask(new, "POST", "/me/wechat", {"code": login_code(outside, openid)})
        assert WeChatUser.objects.get().person == new
        assert left(new) == 2

    def test_is_forgotten_on_request(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside)
        assert ask(who, "POST", "/me/wechat/unlink", {}).json() == {"unlinked": True}
        assert not WeChatGrant.objects.exists()
        assert ask(who, "GET", "/me/wechat").json()["linked"] is False


class TestGrants:
    def test_are_counted_by_person_and_template(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside, grants=2)
        said = {TEMPLATE: "accept", "sandbox-order-alert": "reject"}
        answer = ask(who, "POST", "/me/wechat-grants", {"templates": said}).json()
        assert {each["template_id"]: each["left_count"] for each in answer["templates"]} == {
            TEMPLATE: 3,
            "sandbox-order-alert": 0,
        }

    def test_need_a_login_and_a_known_template(self, outside: Outside) -> None:
        who = person("Wang")
        body = {"templates": {TEMPLATE: "accept"}}
        assert ask(who, "POST", "/me/wechat-grants", body).json()["code"] == "wechat_not_linked"
        linked(who, outside)
        answer = ask(who, "POST", "/me/wechat-grants", {"templates": {"other": "accept"}})
        assert answer.json()["code"] == "wechat_template_unknown"


class TestSend:
    def test_reaches_the_screen_and_spends_a_grant(self, outside: Outside) -> None:
        who = person("Wang")
        openid = linked(who, outside)
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert step_of(notice).state == "sent"
        assert shown(outside, openid) == ["商家已接单"]
        assert left(who) == 0

    def test_waits_for_the_push_to_be_shown(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside)
        notice = accepted(who, ago=1)
        send_all_due(ALL_CHANNELS)
        assert step_of(notice).state == "pending"
        Notice.objects.filter(pk=notice.pk).update(delivered_at=clock().now())
        Delivery.objects.filter(channel="wechat").update(due_at=clock().now())
        send_all_due(ALL_CHANNELS)
        assert (step_of(notice).state, step_of(notice).code) == ("cancelled", "delivered")
        assert left(who) == 1

    def test_without_a_grant_is_cancelled(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside, grants=0)
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert (step_of(notice).state, step_of(notice).code) == ("cancelled", "no_grant")

    def test_is_not_planned_for_people_without_wechat(self, outside: Outside) -> None:
        notice = accepted(person("Wang"))
        assert not Delivery.objects.filter(notice=notice, channel="wechat").exists()

    def test_can_be_switched_off(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside)
        choice = {"category": "order_update", "channel": "wechat", "choice": "off"}
        assert ask(who, "POST", "/me/preferences", choice).status_code == 200
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert (step_of(notice).state, step_of(notice).code) == ("cancelled", "preference")
        assert left(who) == 1

    def test_that_wechat_knows_no_grant_for_ends_our_count(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside, grants=3, real_grants=0)
        notice = accepted(who)
        send_all_due(ALL_CHANNELS)
        assert (step_of(notice).state, step_of(notice).code) == ("dead", "43101")
        assert left(who) == 0

    @pytest.mark.parametrize("mode", ["500", "503", "reset", "accept_then_reset"])
    def test_that_may_have_been_taken_is_never_sent_again(
        self, outside: Outside, mode: str
    ) -> None:
        who = person("Wang")
        linked(who, outside, grants=2)
        notice = accepted(who)
        outside.fault("wechat", mode)
        send_all_due(ALL_CHANNELS)
        send_all_due(ALL_CHANNELS)
        assert step_of(notice).state == "uncertain"
        assert left(who) == 1

    def test_that_was_surely_not_taken_gives_its_grant_back(self, outside: Outside) -> None:
        who = person("Wang")
        openid = linked(who, outside)
        notice = accepted(who)
        outside.running.stop()
        send_all_due(ALL_CHANNELS)
        assert step_of(notice).state == "retrying"
        assert left(who) == 1
        assert openid


class TestTwoSenders:
    def test_never_spend_one_grant_twice(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside, grants=1)
        for _ in range(4):
            accepted(who)
        ready = Barrier(2)

        def claim() -> int:
            try:
                ready.wait(PATIENCE_SECONDS)
                claims, _ = claim_due([Channel.WECHAT], now=clock().now(), limit=2)
                return sum(each.wechat is not None for each in claims)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            counts = list(pool.map(lambda _: claim(), range(2)))
        assert sum(counts) == 1
        assert left(who) == 0

    def test_that_vanished_leaves_the_message_in_doubt(self, outside: Outside) -> None:
        who = person("Wang")
        linked(who, outside, grants=2)
        notice = accepted(who)
        claim_due([Channel.WECHAT], now=clock().now())
        sweep(now=clock().now() + timedelta(minutes=5))
        assert (step_of(notice).state, step_of(notice).ask_at) == ("uncertain", None)
        assert left(who) == 1


class TestChecks:
    def test_pass_with_the_sandbox(self, outside: Outside) -> None:
        assert check_wechat() == []

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ('phrase1 = "$title"', "cannot hold"),
            ('thing1 = "$nothing"', "is never given $nothing"),
            ('colour1 = "$title"', "there is no type of field colour1"),
            ('amount1 = "$number$body"', "cannot hold"),
        ],
    )
    def test_refuse_what_would_not_fit(
        self,
        outside: Outside,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        line: str,
        words: str,
    ) -> None:
        file = tmp_path / "wechat.toml"
        file.write_text(
            f'[[templates]]\nid = "t1"\nnotices = ["order_accepted"]\n[templates.fields]\n{line}\n'
        )
        monkeypatch.setenv("PAIDAN_WECHAT_FILE", str(file))
        environment.cache_clear()
        found = check_wechat()
        assert {each.id for each in found} == {"notifications.E203"}
        assert words in str(found[0].msg)

    def test_refuse_a_file_that_nobody_understands(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "wechat.toml"
        file.write_text("[[templates]]\nname = 1\n")
        monkeypatch.setenv("PAIDAN_WECHAT_FILE", str(file))
        environment.cache_clear()
        assert [each.id for each in check_wechat()] == ["notifications.E201"]
