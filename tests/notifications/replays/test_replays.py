"""Having dead letters sent again: who may, what it begins anew, and what it never repeats."""

from collections.abc import Callable
from functools import partial

import pytest

from core.errors import NotAllowed, NotFound, PaidanError
from core.events.models import Event
from core.invariants import Scope
from notifications.channels.result import Outcome, SendResult
from notifications.channels.sms_provider import ReceiptStatus
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.invariants import find_miscounted_tries
from notifications.models import Attempt, Delivery, Notice
from notifications.receipts import act_on_notice
from notifications.replays.commands import REPLAY_LIMIT
from notifications.results import Answer, Finished, store
from notifications.texting.invariants import find_texts_sent_again
from notifications.texting.settling import settle_receipt
from tests.notifications.delivery.test_races import together
from tests.notifications.delivery.town import NOON, person, seconds
from tests.notifications.delivery.world import Outside
from tests.notifications.replays.letters import LATER, dead, give, replay, uncertain, word


ROUNDS = 8


def claim_one(*, after: float = 0.0) -> Claim:
    (claim,), _ = claim_due(ALL_CHANNELS, now=LATER + seconds(after))
    return claim


def answer(claim: Claim, outcome: Outcome, code: str, *, after: float = 0.0) -> None:
    answers = (Answer(result=SendResult(outcome, code), subscription_id=1),)
    store([Finished(claim=claim, answers=answers)], now=LATER + seconds(after))


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(PaidanError) as caught:
        deed()
    return caught.value.code


@pytest.mark.django_db
class TestReplay:
    def test_gives_a_push_a_fresh_budget_of_attempts(self) -> None:
        row = dead(attempts=8)
        assert replay(row)["state"] == "pending"
        claim = claim_one()
        assert (claim.delivery_id, claim.attempt) == (row.pk, 9)
        answer(claim, Outcome.RETRY, "http_503")
        row.refresh_from_db()
        assert (row.state, row.attempts, row.spent_count) == ("retrying", 9, 8)

    def test_ends_when_the_fresh_budget_is_spent(self) -> None:
        row = dead(attempts=8)
        replay(row)
        for _ in range(8):
            Delivery.objects.filter(pk=row.pk, state__in=["pending", "retrying"]).update(
                due_at=LATER
            )
            answer(claim_one(), Outcome.UNKNOWN, "timeout")
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("dead", 16)

    def test_keeps_who_asked_for_it_and_why(self) -> None:
        row, operator = dead(), person("Zhao", is_operator=True)
        replay(row, by=operator, reason="push is back")
        told = Event.objects.get(type="notification.replayed")
        assert told.subject == f"notice:{row.notice_id}"
        assert told.actor == {"type": "operator", "id": str(operator.pk)}
        assert told.data["reason"] == "push is back"
        assert told.data["deliveries"] == [str(row.pk)]

    def test_asks_a_vendor_again_that_refused_before(self, outside: Outside) -> None:
        row = dead("sms", code="template_unknown", attempts=1)
        Attempt.objects.create(
            delivery=row,
            number=1,
            started_at=NOON,
            finished_at=NOON,
            outcome=Outcome.REFUSED,
            provider="sandbox",
        )
        replay(row)
        claim = claim_one()
        assert claim.text is not None
        assert claim.text.provider == "sandbox"
        assert claim.text.message is not None
        assert claim.text.message.out_id == f"{row.pk}.1"

    def test_is_for_operators_only(self) -> None:
        row = dead()
        assert row.recipient is not None
        for who in (row.recipient.person, person()):
            with pytest.raises(NotAllowed):
                replay(row, by=who)
            with pytest.raises(NotAllowed):
                give("delivery.replay_all", by=who)
        assert Delivery.objects.get(pk=row.pk).state == "dead"

    def test_needs_a_reason(self) -> None:
        assert refused(lambda: replay(dead(), reason="")) == "validation_failed"

    def test_knows_no_message_that_is_not_there(self) -> None:
        row = dead()
        Notice.objects.all().delete()
        with pytest.raises(NotFound):
            replay(row)

    def test_refuses_what_is_no_dead_letter(self) -> None:
        row = dead()
        replay(row)
        assert refused(lambda: replay(row)) == "not_a_dead_letter"

    @pytest.mark.parametrize("moment", ["acted_at", "closed_at"])
    def test_refuses_what_nobody_needs_any_more(self, moment: str) -> None:
        row = dead()
        Notice.objects.filter(pk=row.notice_id).update(**{moment: NOON})
        assert refused(lambda: replay(row)) == "notice_closed"

    def test_refuses_what_would_come_too_late(self) -> None:
        row = dead()
        assert refused(lambda: replay(row, now=row.expires_at)) == "notice_expired"

    def test_is_carried_out_once_a_key(self) -> None:
        row, operator = dead(), person("Zhao", is_operator=True)
        first = replay(row, by=operator, key="k1")
        assert replay(row, by=operator, key="k1") == first
        assert Event.objects.filter(type="notification.replayed").count() == 1


@pytest.mark.django_db
class TestReplayOfAnUncertainText:
    def test_needs_a_word_that_it_may_come_twice(self) -> None:
        row = uncertain()
        assert refused(lambda: replay(row)) == "replay_unconfirmed"
        assert replay(row, is_confirmed=True)["state"] == "pending"
        row.refresh_from_db()
        assert (row.ask_at, row.replay_count) == (None, 1)

    def test_is_not_sent_when_the_first_one_turns_out_to_have_arrived(self) -> None:
        row = uncertain()
        replay(row, is_confirmed=True)
        told = word(row.pk, ReceiptStatus.DELIVERED)
        assert settle_receipt(told, provider="sandbox", now=LATER)
        assert claim_due(ALL_CHANNELS, now=LATER) == ([], 0)
        row.refresh_from_db()
        assert (row.state, row.code) == ("confirmed", "receipt_delivered")

    def test_heeds_no_bad_word_on_the_first_one(self, outside: Outside) -> None:
        row = uncertain()
        replay(row, is_confirmed=True)
        claim = claim_one()
        told = word(row.pk, ReceiptStatus.FAILED)
        assert not settle_receipt(told, provider="sandbox", now=LATER)
        answer(claim, Outcome.SENT, "")
        assert not settle_receipt(told, provider="sandbox", now=LATER)
        row.refresh_from_db()
        assert row.state == "sent"
        told = word(row.pk, ReceiptStatus.FAILED, replay_count=1)
        assert settle_receipt(told, provider="sandbox", now=LATER)
        row.refresh_from_db()
        assert (row.state, row.code) == ("dead", "receipt_failed")

    def test_believes_no_vendor_that_never_had_it(self) -> None:
        row = uncertain()
        replay(row, is_confirmed=True)
        told = word(row.pk, ReceiptStatus.DELIVERED)
        assert not settle_receipt(told, provider="twilio", now=LATER)
        told = word(row.pk, ReceiptStatus.DELIVERED, replay_count=2)
        assert not settle_receipt(told, provider="sandbox", now=LATER)


@pytest.mark.django_db
class TestReplayOfAll:
    def test_takes_what_matches_and_can_still_be_of_use(self) -> None:
        rows = [dead() for _ in range(3)]
        other, closed, perhaps = dead(code="http_400"), dead(), uncertain()
        Notice.objects.filter(pk=closed.notice_id).update(closed_at=NOON)
        answered = give("delivery.replay_all", code="http_503")
        assert answered == {"replayed_count": 3, "left_count": 0}
        states = dict(Delivery.objects.values_list("pk", "state"))
        assert {states[row.pk] for row in rows} == {"pending"}
        assert (states[other.pk], states[closed.pk], states[perhaps.pk]) == (
            "dead",
            "dead",
            "uncertain",
        )
        assert Event.objects.filter(type="notification.replayed").count() == 3

    def test_takes_uncertain_ones_only_when_told_so(self) -> None:
        uncertain()
        assert give("delivery.replay_all")["replayed_count"] == 0
        assert give("delivery.replay_all", is_confirmed=True)["replayed_count"] == 1

    def test_is_bounded_and_tells_what_is_left(self) -> None:
        row = dead()
        copies = []
        for step in range(100, 100 + REPLAY_LIMIT):
            copy = Delivery.objects.get(pk=row.pk)
            copies.append(
                Delivery(
                    notice_id=copy.notice_id,
                    recipient_id=copy.recipient_id,
                    channel=copy.channel,
                    step=step,
                    condition=copy.condition,
                    state=copy.state,
                    due_at=copy.due_at,
                    expires_at=copy.expires_at,
                )
            )
        Delivery.objects.bulk_create(copies)
        assert give("delivery.replay_all") == {"replayed_count": REPLAY_LIMIT, "left_count": 1}
        assert give("delivery.replay_all") == {"replayed_count": 1, "left_count": 0}


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_of_two_replays_one_is_refused(self) -> None:
        for _ in range(ROUNDS):
            row, came = dead(), list[str]()

            def once(row: Delivery = row, came: list[str] = came) -> None:
                try:
                    came.append(replay(row)["state"])
                except PaidanError as error:
                    came.append(error.code)

            together(once, once)
            assert sorted(came) == ["not_a_dead_letter", "pending"]
            assert Delivery.objects.get(pk=row.pk).replay_count == 1

    def test_a_replay_and_good_news_leave_nothing_to_send(self) -> None:
        for _ in range(ROUNDS):
            row = uncertain()
            told = word(row.pk, ReceiptStatus.DELIVERED)

            def once(row: Delivery = row) -> None:
                try:
                    replay(row, is_confirmed=True)
                except PaidanError as error:
                    assert error.code == "not_a_dead_letter"  # noqa: PT017  either may come first

            together(once, partial(settle_receipt, told, provider="sandbox", now=LATER))
            assert Delivery.objects.get(pk=row.pk).state == "confirmed"
            assert claim_due(ALL_CHANNELS, now=LATER) == ([], 0)

    def test_a_replay_and_an_act_leave_nothing_to_send(self) -> None:
        for _ in range(ROUNDS):
            row = dead()
            assert row.recipient is not None
            owner = row.recipient.person

            def once(row: Delivery = row) -> None:
                try:
                    replay(row)
                except PaidanError as error:
                    assert error.code == "notice_closed"  # noqa: PT017  either may come first

            together(
                once, partial(act_on_notice, person=owner, notice_id=row.notice_id, now=LATER)
            )
            assert claim_due(ALL_CHANNELS, now=LATER)[0] == []


@pytest.mark.django_db
class TestLedger:
    def test_does_not_take_a_replay_for_a_text_that_went_twice_by_itself(
        self, outside: Outside
    ) -> None:
        row = uncertain()
        tried = {"delivery": row, "started_at": NOON, "finished_at": NOON, "provider": "sandbox"}
        Attempt.objects.create(number=1, outcome=Outcome.UNKNOWN, **tried)
        replay(row, is_confirmed=True)
        answer(claim_one(), Outcome.SENT, "")
        assert not [*find_texts_sent_again(Scope())]
        Delivery.objects.update(spent_count=0)
        assert len([*find_texts_sent_again(Scope())]) == 1

    def test_misses_no_try_of_a_message_that_found_no_device(self) -> None:
        row = dead(code="no_subscription", attempts=1)
        replay(row)
        assert not [*find_miscounted_tries(Scope())]
        Delivery.objects.update(spent_count=0)
        assert len([*find_miscounted_tries(Scope())]) == 1
