"""Rules about notices and deliveries find what breaks them, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db.models import Model
from django.utils.timezone import now as real_now

from core.clock import clock
from core.deadlines.models import Deadline
from core.events import catalogue as events
from core.identifiers import new_id
from core.invariants import Scope, find_broken
from core.people.models import Person
from notifications.channels.result import Outcome, SendResult
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.escalation import Channel
from notifications.marketing.consent import withdraw_consent
from notifications.models import (
    Attempt,
    Campaign,
    Delivery,
    Digest,
    DigestItem,
    Notice,
    RecipientNotice,
    Spending,
)
from notifications.policies import Category
from notifications.preferences.commands import set_preference
from notifications.preferences.policy import Choice
from notifications.receipts import mark_acted
from notifications.results import Answer, Finished, store
from tests.notifications.delivery.town import (
    about,
    notice_of,
    order,
    person,
    receipt,
    seconds,
    shop,
    staff,
    state,
)
from tests.notifications.marketing.offers import agree, plan, running
from tests.notifications.marketing.offers import claim as claim_campaigns


pytestmark = pytest.mark.django_db

Break = Callable[[], object]
Row = TypeVar("Row", bound=Model)


def broken(scope: Scope | None = None) -> set[str]:
    lines = find_broken(scope) if scope else find_broken()
    return {line.partition(":")[0] for line in lines if not line.startswith(OTHERS)}


OTHERS = ("stuck_orders", "money_astray", "wrong_totals", "deliveries_without_leg")
"""Rules about orders, which the builders of this folder make by hand."""


@pytest.fixture
def alert() -> Notice:
    """An alert that has climbed to the texts: pushes and texts are sent."""
    now = clock().now() - seconds(61)
    made = order(shop(), now=now)
    state(events.ORDER_PLACED, about(made), now=now)
    claims, _ = claim_due(ALL_CHANNELS, now=now + seconds(61))
    taken = Answer(result=SendResult(Outcome.SENT, "http_201", "m1"))
    store([Finished(claim=each, answers=(taken,)) for each in claims], now=now + seconds(61))
    return notice_of("new_order")


@pytest.fixture
def acted(alert: Notice) -> Notice:
    clerk = staff(alert_shop(alert))
    assert mark_acted(person=clerk, receipts=[receipt(alert)], now=clock().now())
    alert.refresh_from_db()
    return alert


def alert_shop(alert: Notice) -> Any:
    recipient = RecipientNotice.objects.filter(notice=alert).earliest("pk")
    return recipient.person.memberships.get().merchant


def rows(channel: str) -> Any:
    return Delivery.objects.filter(channel=channel)


def one(channel: str) -> Any:
    return rows(channel).filter(pk=rows(channel).earliest("pk").pk)


class TestDeliveries:
    def test_are_whole_before_and_after_an_act(self, acted: Notice) -> None:
        assert broken() == set()

    @pytest.mark.parametrize(
        ("breaks", "rule"),
        [
            (lambda: one("call").update(state="leased"), "overdue_leases"),
            (
                lambda: one("call").update(
                    state="leased", lease_until=clock().now() - timedelta(hours=1)
                ),
                "overdue_leases",
            ),
            (lambda: one("call").update(lease_until=clock().now()), "leases_left_behind"),
            (lambda: one("sms").update(attempts=0), "miscounted_tries"),
            (lambda: one("call").update(attempts=1, state="pending"), "miscounted_tries"),
            (lambda: one("call").update(state="sent"), "sent_without_word"),
            (lambda: Attempt.objects.update(outcome="retry"), "sent_without_word"),
            (lambda: one("call").update(state="cancelled"), "ended_without_reason"),
            (lambda: one("call").update(state="dead", code="x"), "ended_without_reason"),
            (lambda: twin(rows("board").get()), "steps_twice"),
            (lambda: rows("board").delete(), "notices_without_ladder"),
            (lambda: Delivery.objects.all().delete(), "notices_without_ladder"),
            (lambda: RecipientNotice.objects.all().delete(), "notices_without_ladder"),
        ],
    )
    def test_that_break_a_rule_are_found(self, alert: Notice, breaks: Break, rule: str) -> None:
        assert broken() == set()
        breaks()
        assert rule in broken()

    def test_made_before_the_time_asked_about_are_left_out(self, alert: Notice) -> None:
        one("sms").update(attempts=0)
        recently = clock().now() - timedelta(minutes=30)
        assert broken(Scope(since=recently)) == {"miscounted_tries"}
        assert broken(Scope(since=clock().now() + timedelta(minutes=1))) == set()

    def test_that_come_back_after_the_act_are_no_fault(self, acted: Notice) -> None:
        one("sms").update(state="retrying")
        assert broken() == set()


class TestEnded:
    @pytest.mark.parametrize(
        ("breaks", "rule"),
        [
            (lambda: one("call").update(state="pending"), "needless_deliveries"),
            (lambda: RecipientNotice.objects.update(closed_at=None), "unread_of_ended"),
            (lambda: Notice.objects.update(seen_at=None), "clocks_out_of_order"),
            (lambda: Notice.objects.update(acted_by=None), "clocks_out_of_order"),
            (
                lambda: RecipientNotice.objects.update(acted_at=real_now(), seen_at=None),
                "clocks_out_of_order",
            ),
            (
                lambda: Attempt.objects.update(started_at=clock().now() + timedelta(minutes=1)),
                "sends_after_act",
            ),
        ],
    )
    def test_matters_that_go_on_are_found(self, acted: Notice, breaks: Break, rule: str) -> None:
        assert broken() == set()
        breaks()
        assert broken() == {rule}


class TestTexts:
    def test_sent_again_after_a_doubt_are_found(self, alert: Notice) -> None:
        for number, outcome in ((1, "unknown"), (2, "sent")):
            Attempt.objects.filter(delivery__in=one("sms"), number=number).delete()
            try_again(one("sms").get(), number, outcome)
        one("sms").update(attempts=2)
        assert broken() == {"texts_sent_again"}

    def test_sent_again_by_an_operator_are_no_fault(self, alert: Notice) -> None:
        try_again(one("sms").get(), 2, "sent")
        one("sms").update(attempts=2, spent_count=1)
        assert broken() == set()

    def test_sent_again_after_a_refusal_are_no_fault(self, alert: Notice) -> None:
        Attempt.objects.filter(delivery__in=one("sms")).update(outcome="retry")
        try_again(one("sms").get(), 2, "sent")
        one("sms").update(attempts=2)
        assert broken() == set()

    def test_nobody_asks_about_are_found(self, alert: Notice) -> None:
        one("sms").update(state="uncertain", ask_at=None, provider="aliyun")
        assert broken() == {"doubts_that_stay"}

    def test_charged_twice_are_found(self, alert: Notice) -> None:
        at = clock().now() - seconds(30)
        Attempt.objects.filter(delivery__in=rows("sms")).update(provider="aliyun", started_at=at)
        rows("sms").update(provider="aliyun")
        day = Spending.objects.create(channel="sms", provider="aliyun", day=at.date(), count=2)
        assert broken() == set()
        day.count = 3
        day.save()
        assert broken() == {"overcharged_days"}
        assert broken(Scope(since=at + timedelta(days=2))) == set()

    def test_charged_and_still_under_way_are_no_fault(self, alert: Notice) -> None:
        now = clock().now()
        Spending.objects.create(channel="call", provider="aliyun", day=now.date(), count=1)
        one("call").update(
            state="leased", lease_until=now + seconds(9), attempts=1, provider="aliyun"
        )
        assert broken() == set()


class TestDigests:
    @pytest.fixture
    def gathered(self) -> Digest:
        now = clock().now()
        made = order(shop(), now=now)
        set_preference(
            person=made.customer,
            category=Category.ORDER_UPDATE,
            channel=Channel.PUSH,
            choice=Choice.DIGEST,
            now=now,
        )
        state(events.ORDER_COMPLETED, about(made), now=now)
        claim_due(ALL_CHANNELS, now=now)
        assert broken() == set()
        return Digest.objects.get()

    @pytest.mark.parametrize(
        ("breaks", "rule"),
        [
            (lambda: DigestItem.objects.all().delete(), "lost_from_digests"),
            (lambda: Delivery.objects.update(code="x"), "told_beside_digests"),
            (lambda: Digest.objects.update(person=person()), "told_beside_digests"),
            (
                lambda: Deadline.objects.filter(kind="notification.digest").delete(),
                "digests_without_end",
            ),
            (
                lambda: Notice.objects.update(template="digest", event_id=Digest.objects.get().pk),
                "digests_told_early",
            ),
        ],
    )
    def test_that_break_a_rule_are_found(self, gathered: Digest, breaks: Break, rule: str) -> None:
        breaks()
        assert broken() == {rule}


class TestCampaigns:
    @pytest.fixture
    def guest(self) -> Person:
        """Somebody who agreed a while ago and was told of one campaign."""
        noodles, guest = shop(), person()
        # Noon of a day that may long be past: campaigns are sent by day alone.
        agree(guest, noodles)
        running(noodles)
        plan()
        claims = claim_campaigns()
        taken = Answer(result=SendResult(Outcome.SENT, "http_201"), subscription_id=1)
        store(
            [Finished(claim=each, answers=(taken,)) for each in claims], now=claims[0].started_at
        )
        assert broken() == set()
        return guest

    def test_told_twice_are_found(self, guest: Person) -> None:
        tell_again(Campaign.objects.get())
        assert broken() == {"campaigns_told_twice"}

    def test_that_never_began_are_found(self, guest: Person) -> None:
        Campaign.objects.update(state="draft")
        assert broken() == {"campaigns_unheard_of"}

    def test_without_consent_are_found(self, guest: Person) -> None:
        Attempt.objects.update(started_at=Attempt.objects.get().started_at + timedelta(hours=2))
        assert broken() == set()
        withdrawn_at = Attempt.objects.get().started_at - timedelta(hours=1)
        withdraw_consent(person_id=guest.pk, scopes=None, how="settings", now=withdrawn_at)
        assert broken() == {"campaigns_without_consent"}

    def test_that_went_before_the_no_are_no_fault(self, guest: Person) -> None:
        later = Attempt.objects.get().started_at + timedelta(minutes=5)
        withdraw_consent(person_id=guest.pk, scopes=None, how="settings", now=later)
        assert broken() == set()

    def test_told_too_often_are_found(self, guest: Person) -> None:
        for _ in range(2):
            assert broken() == set()
            tell_again(twin(Campaign.objects.earliest("pk")))
        assert broken() == {"campaigns_too_often"}


def twin(row: Row, **changes: Any) -> Row:
    """Store a row like this one but for `changes`, under a key of its own."""
    values = {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields}
    key = {"id": new_id()} if isinstance(row.pk, UUID) else {"id": None}
    (made,) = type(row).objects.bulk_create([type(row)(**{**values, **key, **changes})])  # type: ignore[attr-defined]
    return type(row).objects.latest("pk") if made.pk is None else made  # type: ignore[attr-defined,no-any-return]


def try_again(row: Delivery, number: int, outcome: str) -> None:
    Attempt.objects.create(
        delivery=row, number=number, started_at=row.due_at, finished_at=row.due_at, outcome=outcome
    )


def tell_again(campaign: Campaign) -> None:
    """Let the guest have got one more message, of `campaign`."""
    first = Delivery.objects.filter(lane="marketing").earliest("pk")
    notice = twin(first.notice, event_id=campaign.pk, topic="user:again")
    recipient = twin(RecipientNotice.objects.get(deliveries=first), notice_id=notice.pk)
    row = twin(first, notice_id=notice.pk, recipient_id=recipient.pk)
    twin(first.tries.get(), delivery_id=row.pk)
