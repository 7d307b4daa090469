"""Choices count at the moment a message is taken, whenever it was planned."""

import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.events import catalogue as events
from core.events.facts import Subject
from core.orders.models import Order
from core.people.models import Person
from dispatch.models import CourierShift
from notifications.channels.result import Outcome, SendResult
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.escalation import Channel
from notifications.models import Delivery, PersonalDay
from notifications.policies import Category
from notifications.preferences.commands import (
    QuietHours,
    set_digest,
    set_preference,
    set_quiet_hours,
)
from notifications.preferences.models import Preference
from notifications.preferences.policy import Choice, DigestEvery
from notifications.preferences.quiet import quiet_until
from notifications.results import Answer, Finished, store
from tests.concurrency.threads import together
from tests.notifications.delivery.town import (
    NOON,
    about,
    notice_of,
    order,
    person,
    seconds,
    shop,
    staff,
    state,
    states,
)


pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 5, 1, 15, 0, tzinfo=NOON.tzinfo)
"""An hour before midnight in Shanghai."""
SEVEN = datetime(2026, 5, 1, 23, 0, tzinfo=NOON.tzinfo)
"""The next morning, there."""


def choose(who: Person, category: Category, channel: Channel, choice: Choice) -> None:
    set_preference(person=who, category=category, channel=channel, choice=choice, now=NOON)


def rest(who: Person, *, zone: str = "Asia/Shanghai", span: tuple[int, int] = (22, 7)) -> None:
    starts_at, ends_at = (time(hour) for hour in span)
    hours = QuietHours(time_zone=zone, starts_at=starts_at, ends_at=ends_at)
    set_quiet_hours(person=who, hours=hours, now=NOON)


def claim(now: datetime) -> list[Claim]:
    claims, _ = claim_due(ALL_CHANNELS, now=now)
    return claims


def sent_home() -> Person:
    """Set a courier off line at night, of which they are told within two hours."""
    courier = person("Sun", is_courier=True)
    CourierShift.objects.create(person=courier)
    subject = Subject(kind="courier", id=courier.pk)
    state(events.COURIER_OFFLINE, subject, now=NIGHT, data={"cause": "missed"})
    return courier


def payload(one: Claim) -> dict[str, object]:
    assert one.push is not None
    content: dict[str, object] = json.loads(one.push.payload)
    return content


@pytest.fixture
def accepted() -> Order:
    made = order(shop(), now=NIGHT)
    state(events.ORDER_ACCEPTED, about(made), now=NIGHT)
    return made


class TestPreference:
    def test_made_after_the_message_was_planned_still_counts(self, accepted: Order) -> None:
        choose(accepted.customer, Category.ORDER_UPDATE, Channel.PUSH, Choice.OFF)
        assert claim(NIGHT) == []
        row = Delivery.objects.get()
        assert (row.state, row.code) == ("cancelled", "preference")

    def test_leaves_the_inbox_and_other_people_alone(self, accepted: Order) -> None:
        choose(person(), Category.ORDER_UPDATE, Channel.PUSH, Choice.OFF)
        assert len(claim(NIGHT)) == 1
        assert accepted.customer.notices.filter(closed_at__isnull=True).exists()

    def test_mutes_the_text_of_an_alert_but_neither_board_nor_push(self) -> None:
        made = order(shop(owners=0))
        choose(staff(made.merchant), Category.ORDER_ALERT, Channel.SMS, Choice.OFF)
        state(events.ORDER_PLACED, about(made))
        claim(NOON + seconds(61))
        assert [each for each in states(notice_of("new_order")) if each[0] != "operator"] == [
            ("board", 0, "sent"),
            ("push", 1, "leased"),
            ("push", 2, "leased"),
            ("sms", 3, "cancelled"),
            ("call", 4, "pending"),
        ]

    def test_that_the_role_may_not_make_is_ignored(self) -> None:
        made = order(shop(owners=0))
        Preference.objects.create(
            person=staff(made.merchant),
            category=Category.ORDER_ALERT,
            channel=Channel.PUSH,
            choice=Choice.OFF,
            changed_at=NOON,
        )
        state(events.ORDER_PLACED, about(made))
        assert [each.channel for each in claim(NOON + seconds(10))] == [Channel.PUSH]

    def test_is_asked_again_before_a_retry(self, accepted: Order) -> None:
        (first,) = claim(NIGHT)
        again = Answer(result=SendResult(Outcome.RETRY, "http_503"), subscription_id=1)
        store([Finished(claim=first, answers=(again,))], now=NIGHT)
        choose(accepted.customer, Category.ORDER_UPDATE, Channel.PUSH, Choice.OFF)
        assert claim(NIGHT + timedelta(minutes=5)) == []
        assert Delivery.objects.get().code == "preference"


class TestQuietHours:
    def test_silence_the_updates_of_a_running_order(self, accepted: Order) -> None:
        rest(accepted.customer)
        (one,) = claim(NIGHT)
        assert payload(one)["silent"] is True

    def test_end_with_sound(self, accepted: Order) -> None:
        rest(accepted.customer, span=(6, 22))
        (one,) = claim(NIGHT)
        assert "silent" not in payload(one)

    def test_let_an_alert_through(self) -> None:
        made = order(shop(owners=0), now=NIGHT)
        rest(staff(made.merchant))
        state(events.ORDER_PLACED, about(made), now=NIGHT)
        (one,) = claim(NIGHT + seconds(10))
        assert "silent" not in payload(one)

    def test_make_news_of_the_account_wait_and_go_once(self) -> None:
        rest(sent_home(), span=(22, 0))
        assert claim(NIGHT) == []
        row = Delivery.objects.get()
        end = NIGHT + timedelta(hours=1)
        assert (row.state, row.code, row.due_at) == ("pending", "quiet_hours", end)
        assert claim(end - seconds(1)) == []
        assert len(claim(end)) == 1
        assert claim(end) == []

    def test_let_expire_what_would_come_too_late(self) -> None:
        rest(sent_home())
        assert claim(NIGHT) == []
        row = Delivery.objects.get()
        assert (row.state, row.code) == ("expired", "quiet_hours")

    def test_keep_a_refund_until_morning(self, accepted: Order) -> None:
        rest(accepted.customer)
        claim(NIGHT)
        state(events.REFUND_SUCCEEDED, about(accepted), now=NIGHT)
        assert claim(NIGHT) == []
        assert Delivery.objects.get(notice=notice_of("refunded")).due_at == SEVEN
        assert len(claim(SEVEN)) == 1

    def test_that_are_lifted_free_what_waits_at_its_time(self, accepted: Order) -> None:
        rest(accepted.customer)
        claim(NIGHT)
        state(events.REFUND_SUCCEEDED, about(accepted), now=NIGHT)
        claim(NIGHT)
        rest(accepted.customer, span=(6, 9))
        assert claim(SEVEN) == []
        assert len(claim(SEVEN + timedelta(hours=2))) == 1


class TestVirtualNights(TestCase):
    """Whole days on a clock of our own, in zones whose clocks are turned in them."""

    @settings(max_examples=40)
    @given(
        zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
        day=st.sampled_from([(3, 8), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31), (6, 10)]),
        span=st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda at: at[0] != at[1]),
        start=st.integers(0, 47),
    )
    def test_send_no_refund_within_and_each_by_their_end(
        self, zone: str, day: tuple[int, int], span: tuple[int, int], start: int
    ) -> None:
        now = datetime(2026, *day, tzinfo=ZoneInfo(zone)).astimezone(NOON.tzinfo)
        made_at = now + timedelta(hours=start)
        made = order(shop(), now=made_at)
        rest(made.customer, zone=zone, span=span)
        state(events.REFUND_SUCCEEDED, about(made), now=made_at)
        spans = PersonalDay.objects.get().quiet_spans(Category.ORDER_UPDATE)
        expected = quiet_until(spans, made_at) or made_at
        row = Delivery.objects.get(notice__order_id=made.pk)
        sent_at = None
        for minutes in range(0, 26 * 60, 15):
            moment = made_at + timedelta(minutes=minutes)
            if claim(moment):
                assert quiet_until(spans, moment) is None
                assert sent_at is None
                sent_at = moment
        if expected < row.expires_at:
            assert sent_at is not None
            assert expected <= sent_at < expected + timedelta(minutes=15)
        else:
            assert sent_at is None


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_of_two_devices_that_choose_for_the_first_time_keeps_both(self) -> None:
        for _ in range(8):
            who = person()
            done = together(
                [
                    lambda: rest(who),  # noqa: B023  the threads end within the round
                    lambda: set_digest(person=who, every=DigestEvery.HOUR, hour=7, now=NOON),  # noqa: B023
                ]
            )
            assert not [each for each in done if isinstance(each, Exception)]
            day = PersonalDay.objects.get(person=who)
            assert (day.digest_every, day.quiet_starts_at) == (DigestEvery.HOUR, time(22))
