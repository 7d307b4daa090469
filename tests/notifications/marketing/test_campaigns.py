"""Campaigns reach those who agreed, as often as they may, and nobody once they are stopped."""

import json
from datetime import datetime, timedelta

import pytest

from core.api.pages import Page
from core.events import catalogue as events
from core.merchants.models import Merchant
from core.people.models import Person
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.escalation import Channel
from notifications.marketing import planning
from notifications.marketing.consent import withdraw_consent
from notifications.marketing.models import Campaign, ConsentIsALogError, ConsentRecord
from notifications.models import Delivery, Notice
from notifications.policies import Category
from notifications.preferences.commands import set_preference
from notifications.preferences.policy import Choice
from notifications.queries import get_inbox
from tests.concurrency.threads import together
from tests.notifications.delivery.town import (
    NOON,
    about,
    notice_of,
    order,
    person,
    seconds,
    shop,
    state,
)
from tests.notifications.marketing.offers import (
    HOUR,
    agree,
    claim,
    customers,
    ids,
    plan,
    running,
    stop,
)


pytestmark = pytest.mark.django_db

NINE_PM = datetime(2026, 5, 1, 13, 0, tzinfo=NOON.tzinfo)
NINE_AM = datetime(2026, 5, 2, 1, 0, tzinfo=NOON.tzinfo)


@pytest.fixture
def noodles() -> Merchant:
    return shop()


def codes() -> set[tuple[str, str]]:
    return set(Delivery.objects.filter(lane="marketing").values_list("state", "code"))


class TestPlanning:
    def test_reaches_everybody_who_agreed_once(
        self, noodles: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(planning, "PORTION", 2)
        guests = customers(5, noodles)
        customers(1, shop())
        customers(1, None)
        running(noodles)
        assert plan() == 5
        told = Notice.objects.values_list("recipients__person", flat=True)
        assert sorted(told) == sorted(each.pk for each in guests)
        assert plan() == 0

    def test_goes_on_where_it_was_killed(
        self, noodles: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(planning, "PORTION", 2)
        customers(5, noodles)
        running(noodles)
        planning.plan_due(now=NOON)
        assert Notice.objects.count() == 2
        plan()
        assert Notice.objects.count() == 5

    def test_waits_for_its_time_and_ends(self, noodles: Merchant) -> None:
        customers(1, noodles)
        campaign = running(noodles, now=NOON + HOUR)
        assert plan(NOON) == 0
        assert plan(NOON + HOUR) == 1
        plan(NOON + 49 * HOUR)
        campaign.refresh_from_db()
        assert campaign.state == "ended"

    def test_leaves_the_inbox_alone(self, noodles: Merchant) -> None:
        (guest,) = customers(1, noodles)
        running(noodles)
        plan()
        assert get_inbox(guest, Page(), unread=False)["items"] == []


class TestMessage:
    def test_is_in_the_persons_language_with_a_way_out(self, noodles: Merchant) -> None:
        customers(1, noodles, locale="en")
        running(noodles)
        plan()
        (one,) = claim()
        assert one.push is not None
        content = json.loads(one.push.payload)
        assert (content["title"], content["url"]) == ("Today only", f"/shops/{noodles.pk}")
        assert content["unsubscribe"]["label"] == "Unsubscribe"
        assert content["unsubscribe"]["url"].startswith("/u/")

    def test_goes_to_nobody_who_withdrew_after_it_was_planned(self, noodles: Merchant) -> None:
        guest, other = customers(2, noodles)
        running(noodles)
        plan()
        withdraw_consent(person_id=guest.pk, scopes=[f"shop:{noodles.pk}"], how="link", now=NOON)
        (one,) = claim()
        row = Delivery.objects.get(pk=one.delivery_id, recipient__person=other)
        assert row.lane == "marketing"
        assert codes() == {("leased", ""), ("cancelled", "no_consent")}

    def test_goes_to_nobody_who_muted_campaigns(self, noodles: Merchant) -> None:
        (guest,) = customers(1, noodles)
        running(noodles)
        plan()
        set_preference(
            person=guest,
            category=Category.MARKETING,
            channel=Channel.PUSH,
            choice=Choice.OFF,
            now=NOON,
        )
        assert claim() == []
        assert codes() == {("cancelled", "preference")}

    def test_of_a_stopped_campaign_is_not_sent(self, noodles: Merchant) -> None:
        customers(3, noodles)
        campaign = running(noodles)
        plan()
        assert len(claim(limit=1)) == 1
        stop(campaign)
        assert claim() == []
        assert codes() == {("leased", ""), ("cancelled", "campaign_stopped")}
        assert plan() == 0

    def test_waits_for_the_morning_of_the_person(self, noodles: Merchant) -> None:
        customers(1, noodles, now=NINE_PM)
        running(noodles, now=NINE_PM)
        plan(NINE_PM)
        assert claim(NINE_PM) == []
        assert codes() == {("pending", "quiet_hours")}
        assert claim(NINE_AM - seconds(1)) == []
        assert len(claim(NINE_AM)) == 1


class TestCap:
    def test_lets_two_a_day_through_and_the_third_a_day_later(self, noodles: Merchant) -> None:
        (guest,) = customers(1, noodles)
        others = [shop(), shop()]
        for each in others:
            agree(guest, each)
        for each in (noodles, *others):
            running(each)
        plan()
        assert len(claim()) == 2
        assert codes() == {("leased", ""), ("pending", "frequency_cap")}
        assert claim(NOON + 24 * HOUR - seconds(1)) == []
        assert len(claim(NOON + 24 * HOUR)) == 1

    def test_lets_expire_what_would_come_too_late(self, noodles: Merchant) -> None:
        customers(1, noodles)
        for _ in range(3):
            running(noodles, life=6 * HOUR)
        plan()
        assert len(claim()) == 2
        assert codes() == {("leased", ""), ("expired", "frequency_cap")}


class TestLanes:
    def test_keep_an_alert_from_waiting_behind_any_number_of_campaigns(
        self, noodles: Merchant
    ) -> None:
        customers(60, noodles)
        running(noodles)
        plan()
        assert Delivery.objects.filter(lane="marketing", due_at__lte=NOON).count() == 60
        made = order(noodles)
        state(events.ORDER_PLACED, about(made))
        # One row at a time: were lanes shared, sixty claims would come before the alert.
        claims, seen_count = claim_due(ALL_CHANNELS, now=NOON + seconds(10), limit=1)
        alert = notice_of("new_order").deliveries.get(step=1)
        assert (ids(claims), seen_count) == ({alert.pk}, 1)

    def test_share_no_claim(self, noodles: Merchant) -> None:
        customers(3, noodles)
        running(noodles)
        plan()
        state(events.ORDER_PLACED, about(order(noodles)))
        assert claim_due(ALL_CHANNELS, now=NOON)[0] == []
        later = NOON + seconds(10)
        both = ids(claim(later)) & ids(claim_due(ALL_CHANNELS, now=later)[0])
        assert not both
        assert Delivery.objects.filter(lane="marketing", state="leased").count() == 3


class TestConsent:
    def test_is_a_log_that_nobody_rewrites(self, noodles: Merchant) -> None:
        (guest,) = customers(1, noodles)
        agree(guest, noodles)
        record = ConsentRecord.objects.get()
        assert (record.how, record.wording, record.at) == ("settings", "2026-11", NOON)
        record.is_given = False
        with pytest.raises(ConsentIsALogError):
            record.save()
        with pytest.raises(ConsentIsALogError):
            record.delete()

    def test_can_be_withdrawn_from_everybody_at_once(self, noodles: Merchant) -> None:
        (guest,) = customers(1, noodles)
        agree(guest, None)
        for ended in (2, 0):
            withdrawn = withdraw_consent(
                person_id=guest.pk, scopes=None, how="link", now=NOON + timedelta(days=1)
            )
            assert withdrawn == ended
        assert ConsentRecord.objects.count() == 4


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_of_claims_keep_the_cap(self) -> None:
        guest: Person = person()
        for each in [shop() for _ in range(6)]:
            agree(guest, each)
            running(each)
        plan()
        said = together([lambda: claim(limit=2)] * 3)
        assert not [each for each in said if isinstance(each, Exception)]
        claim()
        assert Delivery.objects.filter(state="leased").count() == 2

    def test_of_planners_tell_everybody_once(self) -> None:
        noodles = shop()
        customers(7, noodles)
        running(noodles)
        said = together([plan] * 3)
        assert not [each for each in said if isinstance(each, Exception)]
        plan()
        assert Notice.objects.count() == 7
        assert Campaign.objects.get().planned_at == NOON
