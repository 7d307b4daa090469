"""What was to be gathered is told at the person's hour: all of it, once, and nothing stale."""

import json
import random
from datetime import datetime, timedelta

import pytest

from core.deadlines.loop import fire_due
from core.events import catalogue as events
from core.orders.models import Order
from core.people.models import Person
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.escalation import Channel
from notifications.models import Delivery, Digest, DigestItem, Notice
from notifications.policies import Category
from notifications.preferences.commands import set_digest, set_preference
from notifications.preferences.policy import Choice, DigestEvery
from notifications.receipts import see_notice
from tests.concurrency.threads import together
from tests.notifications.delivery.town import (
    NOON,
    about,
    notice_of,
    order,
    person,
    shop,
    state,
)


pytestmark = pytest.mark.django_db

NINE = datetime(2026, 5, 2, 1, 0, tzinfo=NOON.tzinfo)
"""Tomorrow morning in Shanghai."""
MINUTE = timedelta(minutes=1)


@pytest.fixture
def reader() -> Person:
    who = person("Wang")
    gather(who)
    return who


def gather(who: Person, choice: Choice = Choice.DIGEST) -> None:
    set_preference(
        person=who,
        category=Category.ORDER_UPDATE,
        channel=Channel.PUSH,
        choice=choice,
        now=NOON,
    )


def finished(who: Person, *, now: datetime = NOON) -> Order:
    """Complete an order of theirs; the push about it is due."""
    made = order(shop(), customer=who, now=now)
    state(events.ORDER_COMPLETED, about(made), now=now)
    return made


def claim(now: datetime) -> list[Claim]:
    claims, _ = claim_due(ALL_CHANNELS, now=now)
    return claims


def told(now: datetime = NINE) -> list[dict[str, object]]:
    """Let the hour come; return the digests that were made of it."""
    fire_due(now=now)
    notices = Notice.objects.filter(template="digest").order_by("created_at", "pk")
    return [notice.variables for notice in notices]


class TestDigest:
    def test_tells_at_the_persons_hour_what_was_gathered(self, reader: Person) -> None:
        for _ in range(4):
            finished(reader)
        assert claim(NOON) == []
        assert {(row.state, row.code) for row in Delivery.objects.all()} == {
            ("cancelled", "digest")
        }
        assert told(NINE - MINUTE) == []
        (variables,) = told()
        assert variables == {"count": 4, "titles": "已送达 · 已送达 · 已送达"}
        (one,) = claim(NINE)
        assert one.push is not None
        assert json.loads(one.push.payload)["title"] == "4 条新消息"

    def test_leaves_out_what_was_seen_or_made_old(self, reader: Person) -> None:
        first, second = finished(reader), order(shop(), customer=reader)
        state(events.ORDER_ACCEPTED, about(second))
        claim(NOON)
        state(events.ORDER_COMPLETED, about(second), now=NOON + MINUTE)
        claim(NOON + MINUTE)
        seen = Notice.objects.get(order_id=first.pk)
        see_notice(person=reader, notice_id=seen.pk, now=NOON + MINUTE)
        assert told() == [{"count": 1, "titles": "已送达"}]

    def test_of_which_nothing_is_left_is_not_told(self, reader: Person) -> None:
        made = finished(reader)
        claim(NOON)
        see_notice(
            person=reader, notice_id=Notice.objects.get(order_id=made.pk).pk, now=NOON + MINUTE
        )
        assert told() == []
        assert Digest.objects.get().closed_at == NINE

    def test_comes_hourly_to_those_who_want_it_so(self, reader: Person) -> None:
        set_digest(person=reader, every=DigestEvery.HOUR, hour=9, now=NOON)
        at = NOON + timedelta(minutes=20)
        finished(reader, now=at)
        claim(at)
        assert told(NOON + timedelta(minutes=59)) == []
        assert len(told(NOON + timedelta(hours=1))) == 1

    def test_is_never_gathered_itself(self, reader: Person) -> None:
        finished(reader)
        claim(NOON)
        told()
        assert [each.delivery_id for each in claim(NINE)] == [
            Delivery.objects.get(notice=notice_of("digest")).pk
        ]

    def test_still_tells_what_was_gathered_before_it_was_turned_off(self, reader: Person) -> None:
        finished(reader)
        claim(NOON)
        gather(reader, Choice.ON)
        assert len(told()) == 1


class TestSchedules:
    @pytest.mark.parametrize("seed", range(6))
    def test_lose_nothing_and_tell_nothing_twice(self, reader: Person, seed: int) -> None:
        """Any mixture of news, claims, changed hours and digests that close."""
        chance = random.Random(seed)
        now, made = NOON, 0
        set_digest(person=reader, every=DigestEvery.HOUR, hour=9, now=now)
        for _ in range(40):
            now += timedelta(minutes=chance.choice((1, 7, 25)))
            deed = chance.choice(("news", "news", "claim", "fire", "hours"))
            if deed == "news":
                finished(reader, now=now)
                made += 1
            elif deed == "claim":
                claim(now)
            elif deed == "fire":
                fire_due(now=now)
            else:
                every = chance.choice(tuple(DigestEvery))
                set_digest(person=reader, every=every, hour=chance.randrange(24), now=now)
        claim(now)
        fire_due(now=now + timedelta(days=2))
        expired = Delivery.objects.filter(state="expired").count()
        counts = [each["count"] for each in told(now + timedelta(days=2))]
        assert sum(int(str(count)) for count in counts) == made - expired
        assert DigestItem.objects.count() == made - expired


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_of_two_senders_opens_one_digest_and_closes_it_whole(self) -> None:
        who = person("Wang")
        gather(who)
        for _ in range(6):
            finished(who)
        claims = together([lambda: claim_due(ALL_CHANNELS, now=NOON, limit=3)] * 3)
        assert not [each for each in claims if isinstance(each, Exception)]
        claim(NOON)
        assert Digest.objects.count() == 1
        together([lambda: fire_due(now=NINE)] * 2)
        assert told() == [{"count": 6, "titles": "已送达 · 已送达 · 已送达"}]
