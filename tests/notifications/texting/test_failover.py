"""From one vendor to the next: only after a definite no, and never past an act or a limit."""

import json
from typing import Any

import pytest
from django.test import Client

from core.clock import clock
from core.events import catalogue as events
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.models import Attempt, Delivery, Notice, SentText, Spending
from notifications.receipts import mark_acted
from notifications.sender import send_all_due
from tests.notifications.delivery.town import (
    about,
    order,
    person,
    receipt,
    seconds,
    shop,
    staff,
    state,
)
from tests.notifications.delivery.world import Outside
from tests.notifications.texting.asking import ask_all_due
from tests.notifications.texting.conftest import TOKEN, WriteBook, templates


pytestmark = pytest.mark.django_db(transaction=True)

TWO = '[routes]\n"+86" = ["aliyun", "tencent"]\n"+" = ["twilio"]\n'
BOTH = TWO + templates("aliyun", "tencent", "twilio")


def texted(merchant: Any = None) -> Delivery:
    """Let a new order wait for its text and take its other steps away."""
    now = clock().now() - seconds(61)
    made = order(merchant or shop(clerks=0), now=now)
    state(events.ORDER_PLACED, about(made), now=now)
    Delivery.objects.exclude(channel="sms").filter(notice__order_id=made.pk).delete()
    row: Delivery = Delivery.objects.get(notice__order_id=made.pk)
    return row


def tries(row: Delivery) -> list[tuple[str, str]]:
    rows = Attempt.objects.filter(delivery=row).order_by("number")
    return list(rows.values_list("provider", "outcome"))


def takers(outside: Outside) -> list[str]:
    """Vendors that took a text, in the order of taking."""
    return [each["vendor"] for each in outside.ledger("sms") if "message_id" in each]


def now_due() -> None:
    Delivery.objects.filter(state__in=["pending", "retrying"]).update(due_at=clock().now())


class TestFailOver:
    def test_is_not_needed_on_a_good_day(self, outside: Outside, write_book: WriteBook) -> None:
        write_book(BOTH)
        row = texted()
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert (row.state, row.provider) == ("sent", "aliyun")
        assert takers(outside) == ["aliyun"]

    @pytest.mark.parametrize("fault", ["429", "410"])
    def test_goes_on_after_nothing_definite(
        self, outside: Outside, write_book: WriteBook, fault: str
    ) -> None:
        # These come from something before the vendor: its own words are not in them.
        write_book(BOTH)
        row = texted()
        outside.fault("sms", fault)
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert (row.state, takers(outside)) == ("uncertain", [])

    def test_goes_to_the_next_vendor_after_a_refusal(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH.replace("SMS_1001", "SMS_9", 1))
        row = texted()
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert tries(row) == [("aliyun", "refused"), ("tencent", "sent")]
        assert (row.state, row.provider) == ("sent", "tencent")
        assert takers(outside) == ["tencent"]

    def test_goes_to_nobody_after_an_unknown_outcome(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH)
        row = texted()
        outside.fault("sms", "accept_then_reset")
        for _ in range(3):
            send_all_due(ALL_CHANNELS)
            now_due()
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("uncertain", 1)
        assert takers(outside) == ["aliyun"]

    def test_ends_when_everybody_has_refused(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH.replace("1001", "9"))
        row = texted()
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert (row.state, row.code) == ("dead", "FailedOperation.TemplateIncorrectOrUnapproved")
        assert [provider for provider, _ in tries(row)] == ["aliyun", "tencent"]

    def test_starts_nothing_once_somebody_has_acted(
        self, outside: Outside, write_book: WriteBook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_book(BOTH.replace("SMS_1001", "SMS_9", 1))
        row = texted()
        acted: list[int] = []

        def act(*_args: Any, **_kwargs: Any) -> None:
            notice = Notice.objects.get(pk=row.notice_id)
            assert row.recipient is not None
            clerk = row.recipient.person
            acted.append(mark_acted(person=clerk, receipts=[receipt(notice)], now=clock().now()))

        # Just after the first vendor's refusal was written down.
        monkeypatch.setattr("notifications.results._step_on", act)
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert acted == [1]
        assert (row.state, row.code) == ("cancelled", "acted")
        assert takers(outside) == []

    def test_follows_the_number_to_its_country(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH)
        merchant = shop(clerks=0)
        owner = staff(merchant, owner=True)
        owner.phone = "+46701740605"
        owner.save()
        texted(merchant)
        send_all_due(ALL_CHANNELS)
        assert takers(outside) == ["twilio"]


class TestLimits:
    LIMITS = "[[limits.aliyun]]\ncount = 1\nseconds = 3600\n"

    def test_send_the_next_text_by_another_vendor(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH + self.LIMITS)
        merchant = shop(clerks=0)
        for _ in range(2):
            texted(merchant)
            send_all_due(ALL_CHANNELS)
        assert takers(outside) == ["aliyun", "tencent"]

    def test_let_a_text_wait_for_room(self, outside: Outside, write_book: WriteBook) -> None:
        write_book('[routes]\n"+" = ["aliyun"]\n' + templates("aliyun") + self.LIMITS)
        merchant = shop(clerks=0)
        texted(merchant)
        send_all_due(ALL_CHANNELS)
        late = texted(merchant)
        Delivery.objects.filter(pk=late.pk).update(expires_at=clock().now() + seconds(7200))
        send_all_due(ALL_CHANNELS)
        late.refresh_from_db()
        assert (late.state, late.code, late.attempts) == ("pending", "limited", 0)
        assert late.due_at > clock().now() + seconds(3000)

    def test_drop_a_text_that_would_wait_too_long(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book('[routes]\n"+" = ["aliyun"]\n' + templates("aliyun") + self.LIMITS)
        merchant = shop(clerks=0)
        for _ in range(2):
            row = texted(merchant)
            send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        assert (row.state, row.code) == ("expired", "limited")
        assert takers(outside) == ["aliyun"]

    def test_are_counted_with_what_other_senders_hold(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book('[routes]\n"+" = ["aliyun"]\n' + templates("aliyun") + self.LIMITS)
        merchant = shop(clerks=0)
        rows = [texted(merchant) for _ in range(3)]
        claims, _ = claim_due(ALL_CHANNELS, now=clock().now())
        again, _ = claim_due(ALL_CHANNELS, now=clock().now())
        assert (len(claims), len(again)) == (1, 0)
        assert SentText.objects.count() == 1
        assert len(rows) == 3


class TestBudget:
    BUDGET = BOTH + "[budget]\naliyun = 5\ntencent = 0\n"

    def test_stops_texts_and_tells_operators_once_a_share(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(self.BUDGET)
        person("Zhao", is_operator=True)
        for _ in range(7):
            texted()
        send_all_due(ALL_CHANNELS)
        assert takers(outside) == ["aliyun"] * 5
        assert Spending.objects.get(provider="aliyun").count == 5
        told = Notice.objects.filter(template="texts_spent")
        assert sorted(each.variables["percent"] for each in told) == [100]
        spent = Delivery.objects.filter(channel="sms", code="budget_spent")
        assert spent.count() == 2

    def test_warns_before_it_is_spent(self, outside: Outside, write_book: WriteBook) -> None:
        write_book(self.BUDGET)
        person("Zhao", is_operator=True)
        for _ in range(5):
            texted()
            send_all_due(ALL_CHANNELS)
        told = Notice.objects.filter(template="texts_spent")
        assert sorted(each.variables["percent"] for each in told) == [80, 100]
        assert {each.variables["provider"] for each in told} == {"aliyun"}


class TestAsking:
    def ask_now(self) -> int:
        Delivery.objects.filter(ask_at__isnull=False).update(ask_at=clock().now())
        return ask_all_due()

    @pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
    def test_settles_what_was_uncertain(
        self, outside: Outside, write_book: WriteBook, vendor: str
    ) -> None:
        write_book(f'[routes]\n"+" = ["{vendor}"]\n' + templates(vendor))
        row = texted()
        outside.fault("sms", "accept_then_reset")
        send_all_due(ALL_CHANNELS)
        assert self.ask_now() == 1
        row.refresh_from_db()
        assert (row.state, row.code, row.ask_at) == ("confirmed", "receipt_delivered", None)

    def test_confirms_what_no_receipt_came_for(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book('[routes]\n"+" = ["twilio"]\n' + templates("twilio"))
        row = texted()
        send_all_due(ALL_CHANNELS)
        assert self.ask_now() == 1
        row.refresh_from_db()
        assert row.state == "confirmed"

    def test_waits_longer_each_time_and_not_for_ever(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH)
        row = texted()
        outside.fault("sms", "reset")
        send_all_due(ALL_CHANNELS)
        waits = []
        for age in (40, 600, 73 * 3600):
            Attempt.objects.update(started_at=clock().now() - seconds(age))
            assert self.ask_now() == 0
            row.refresh_from_db()
            waits.append(row.ask_at and (row.ask_at - clock().now()).total_seconds())
        assert waits[0] == pytest.approx(40, abs=30)
        assert waits[1] == pytest.approx(600, abs=30)
        assert waits[2] is None
        assert row.state == "uncertain"

    def test_sends_nothing(self, outside: Outside, write_book: WriteBook) -> None:
        write_book(BOTH)
        texted()
        outside.fault("sms", "reset")
        send_all_due(ALL_CHANNELS)
        self.ask_now()
        send_all_due(ALL_CHANNELS)
        assert takers(outside) == []


class TestReceipts:
    def post(self, body: object, *, token: str = TOKEN, vendor: str = "aliyun") -> Any:
        path = f"/api/v1/sms/{vendor}/receipts/{token}"
        return Client().post(path, data=json.dumps(body), content_type="application/json")

    def test_of_a_vendor_that_signs_nothing_need_the_secret_address(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH)
        row = texted()
        send_all_due(ALL_CHANNELS)
        told = [{"phone_number": "1", "success": True, "out_id": str(row.pk), "biz_id": "b"}]
        assert self.post(told, token="guessed").status_code == 401
        row.refresh_from_db()
        assert row.state == "sent"
        answer = self.post(told)
        assert (answer.status_code, answer.json()["code"]) == (200, 0)
        row.refresh_from_db()
        assert row.state == "confirmed"

    def test_that_name_only_the_vendors_number_find_their_text(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book('[routes]\n"+" = ["tencent"]\n' + templates("tencent"))
        row = texted()
        send_all_due(ALL_CHANNELS)
        row.refresh_from_db()
        told = [{"sid": row.provider_id, "report_status": "FAIL"}]
        assert self.post(told, vendor="tencent").json()["result"] == 0
        row.refresh_from_db()
        assert (row.state, row.code) == ("dead", "receipt_failed")

    def test_of_another_vendor_change_nothing(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(BOTH)
        row = texted()
        send_all_due(ALL_CHANNELS)
        told = [{"sid": "s", "report_status": "SUCCESS"}]
        self.post(told, vendor="tencent")
        row.refresh_from_db()
        assert row.state == "sent"

    def test_of_an_unknown_vendor_are_not_found(self, outside: Outside) -> None:
        assert self.post([], vendor="pigeon").status_code == 404
