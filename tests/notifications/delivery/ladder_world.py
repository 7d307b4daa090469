"""Ladders, people and provider answers drawn at random, climbed by the product and the model."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from unittest import mock
from uuid import UUID

from django.db import transaction

from core.events import catalogue as events
from core.events.facts import SYSTEM, Fact, Subject
from core.events.work import unit_of_work
from core.identifiers import new_id
from core.people.models import Person
from notifications import policies, results
from notifications.channels.result import Outcome, SendResult
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.commands import Draft, Recipient, close_notices, send_notice
from notifications.escalation import Channel, Condition, Contacts, Policy, Step
from notifications.models import Delivery, DigestItem, Notice, PersonalDay, Preference
from notifications.policies import NoticeKind
from notifications.receipts import mark_acted, mark_delivered, mark_seen
from notifications.results import Answer, Finished, store
from notifications.templates import TEMPLATES
from tests.notifications.delivery.ladder_model import (
    PERSONAL,
    QUARTER,
    Habits,
    Law,
    Model,
    Rung,
    Sent,
)
from tests.notifications.delivery.town import person, receipt, shop


ALERT: Final = Law("come", frozenset({"sms", "call"}), may_gather=False)
KINDS: Final[dict[NoticeKind, Law]] = {
    policies.NEW_ORDER: ALERT,
    policies.ORDER_ACCEPTED: Law("silent", frozenset({"push"}), may_gather=True),
    policies.REFUNDED: Law("wait", frozenset({"push"}), may_gather=True),
    policies.SET_OFFLINE: Law("wait", frozenset({"push"}), may_gather=True),
}
ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Shanghai")
DAYS: Final = ((3, 8), (3, 28), (3, 29), (10, 24), (10, 25), (10, 31), (11, 1), (6, 10))
"""Of 2026; on some of them clocks are turned."""
LIVES: Final = (timedelta(minutes=5), timedelta(hours=2), timedelta(hours=14), timedelta(days=2))
OUTCOMES: Final = (
    "sent", "sent", "sent", "retry", "retry", "unknown", "gone", "refused",
)  # fmt: skip
DEEDS: Final = ("deliver", "see", "act", "close")
LOOKS: Final = 12
MOST_TRIES: Final = 5


@dataclass(slots=True)
class Seen:
    """What a run consisted of."""

    ladders: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    waited: int = 0
    gathered: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


class Ladder:
    """One drawn notice, with all that is going to happen to it."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice = seed, random.Random(seed)
        self.kind = self.dice.choice(list(KINDS))
        self.law = KINDS[self.kind]
        self.life = self.dice.choice(LIVES)
        day = datetime(2026, *self.dice.choice(DAYS), tzinfo=UTC)
        self.start = day + timedelta(seconds=self.dice.randrange(86_400))
        self.rungs = self._rungs()
        self.habits = [self._habits() for _ in range(self.dice.randint(1, 3))]
        self.moments = sorted(self._moments())

    def _rungs(self) -> list[Rung]:
        channels = ["push", "push", "sms", "call"] if self.law is ALERT else ["push"]
        rungs, after = [], timedelta()
        for number in range(1, self.dice.randint(1, 6) + 1):
            rungs.append(
                Rung(
                    number=number,
                    channel=self.dice.choice(channels),
                    after=after,
                    is_if_undelivered=self.dice.random() < 0.25,
                    is_for_first=self.dice.random() < 0.3,
                    is_loud=self.dice.random() < 0.3,
                )
            )
            after += self.life * self.dice.choice((0.0, 0.01, 0.1, 0.3))
        if self.law is ALERT and self.dice.random() < 0.5:
            rungs.append(
                Rung(len(rungs) + 1, "operator", after, False, False, False)  # noqa: FBT003
            )
        return rungs

    def _habits(self) -> Habits:
        quarters = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
        starts_at, ends_at = self.dice.sample(quarters, 2)
        return Habits(
            zone=self.dice.choice(ZONES),
            quiet=(starts_at, ends_at) if self.dice.random() < 0.7 else None,
            choices={each: self.dice.choice(("on", "on", "off", "digest")) for each in PERSONAL},
            is_second=self.dice.random() < 0.3,
        )

    def _moments(self) -> Iterator[tuple[datetime, str, int]]:
        """When somebody looks what is due, and when people do something."""
        for rung in self.rungs:
            yield self.start + rung.after, "look", 0
        for _ in range(LOOKS):
            yield self._some_time(), "look", 0
        for quarters in range(0, int(timedelta(hours=26) / QUARTER), 7):
            yield self.start + quarters * QUARTER, "look", 0
        for _ in range(self.dice.randrange(3)):
            yield self._some_time(), self.dice.choice(DEEDS), self.dice.randrange(len(self.habits))
        yield self.start + self.life, "look", 0

    def _some_time(self) -> datetime:
        return self.start + self.life * self.dice.random() ** 2

    def answer(self, step: int, whom: int, attempt: int) -> str:
        """Return what the provider says: the same whoever asks; it takes every fifth try."""
        if attempt >= MOST_TRIES:
            return "sent"
        return random.Random(f"{self.seed} {step} {whom} {attempt}").choice(OUTCOMES)


class Climb:
    """The product climbs a drawn ladder on a clock of our own."""

    def __init__(self, ladder: Ladder, people: Sequence[Person], topic: str) -> None:
        self.ladder, self.topic = ladder, topic
        self.people = people[: len(ladder.habits)]
        self.numbers = {each.pk: number for number, each in enumerate(self.people)}
        self.sent: list[Sent] = []
        self._choose()
        self.notice = self._send()
        rows = Delivery.objects.filter(notice=self.notice)
        told = rows.values_list("pk", "channel", "step", "recipient__person_id", "is_loud")
        self.rows: dict[UUID, tuple[Any, ...]] = {pk: tuple(row) for pk, *row in told}

    def _choose(self) -> None:
        for who, habits in zip(self.people, self.ladder.habits, strict=True):
            starts_at, ends_at = habits.quiet or (None, None)
            PersonalDay.objects.create(
                person=who,
                time_zone=habits.zone,
                quiet_starts_at=starts_at,
                quiet_ends_at=ends_at,
                changed_at=self.ladder.start,
            )
            Preference.objects.bulk_create(
                Preference(
                    person=who,
                    category=self.ladder.kind.category,
                    channel=channel,
                    choice=choice,
                    changed_at=self.ladder.start,
                )
                for channel, choice in habits.choices.items()
            )

    def _send(self) -> Notice:
        ladder = self.ladder
        policy = Policy(
            name="drawn",
            needs_act=ladder.kind.policy.needs_act,
            steps=tuple(_step(each) for each in ladder.rungs),
        )
        draft = Draft(
            kind=replace(ladder.kind, policy=policy),
            event_id=new_id(),
            topic=self.topic,
            subject=f"thing:{new_id()}",
            order_id=None,
            expires_at=ladder.start + ladder.life,
            variables={
                name: VARIABLES[name] for name in TEMPLATES[ladder.kind.template].variables
            },
        )
        told = [
            Recipient(person_id=who.pk, locale="en", is_second=habits.is_second)
            for who, habits in zip(self.people, ladder.habits, strict=True)
        ]
        with unit_of_work(now=ladder.start, actor=SYSTEM) as work:
            notice = send_notice(draft, recipients=told, work=work)
        assert notice is not None
        return notice

    def happen(self, at: datetime, what: str, whom: int) -> None:
        """Let one thing happen."""
        if what == "look":
            self._look(at)
        elif what == "close":
            self._close(at)
        else:
            told = [receipt(self.notice)]
            MARKS[what](person=self.people[whom], receipts=told, now=at)

    def _look(self, now: datetime) -> None:
        claims, _ = claim_due(ALL_CHANNELS, now=now)
        ours = [each for each in claims if each.delivery_id in self.rows]
        answers = [(self._note(each, now),) for each in ours]
        store(
            [Finished(claim=one, answers=two) for one, two in zip(ours, answers, strict=True)],
            now=now,
        )

    def _note(self, claim: Claim, now: datetime) -> Answer:
        channel, step, who, is_loud = self.rows[claim.delivery_id]
        number = self.numbers[who]
        content = json.loads(claim.push.payload) if claim.push is not None else {}
        if claim.push is not None:
            assert content["loud"] is is_loud
        is_silent = bool(content.get("silent"))
        self.sent.append(Sent(now, channel, step, number, claim.attempt, is_loud, is_silent))
        said = self.ladder.answer(step, number, claim.attempt)
        return Answer(result=SendResult(Outcome(said), "word"), subscription_id=1)

    def _close(self, now: datetime) -> None:
        with unit_of_work(now=now, actor=SYSTEM) as work:
            notice = Notice.objects.select_for_update().get(pk=self.notice.pk)
            if notice.closed_at is None:
                subject = Subject(kind="thing", id=notice.pk)
                fact = Fact(
                    type=events.STORE_RESUMED,
                    subject=subject,
                    version=1,
                    occurred_at=now,
                    actor=SYSTEM,
                )
                close_notices([notice], fact=fact, work=work)

    def states(self) -> Counter[tuple[int, str, int | None, str]]:
        """How each message ended."""
        rows = Delivery.objects.filter(notice=self.notice)
        told = rows.values_list("step", "channel", "recipient__person_id", "state")
        return Counter((step, by, self.numbers.get(who), how) for step, by, who, how in told)


def compare(ladder: Ladder, people: Sequence[Person], topic: str, seen: Seen) -> None:
    """Let the product and the model climb the same ladder; note where they differ."""
    climb = Climb(ladder, people, topic)
    end = ladder.start + ladder.life
    model = Model(ladder.law, ladder.rungs, ladder.habits, ladder.start, end, ladder.answer)
    for at, what, whom in ladder.moments:
        climb.happen(at, what, whom)
        if what == "look":
            model.look(at)
        elif what in {"act", "close"}:
            model.act()
        model.delivered |= what in {"deliver", "see", "act"}
    wanted = Counter(
        (each.rung.number, each.rung.channel, each.person, each.state) for each in model.messages
    )
    if sorted(climb.sent) != sorted(model.sent):
        difference = set(climb.sent) ^ set(model.sent)
        seen.findings.append(f"seed {ladder.seed}: {ladder.kind.template}: {sorted(difference)}")
    elif climb.states() != wanted:
        ends = set(climb.states().items()) ^ set(wanted.items())
        seen.findings.append(f"seed {ladder.seed}: {ladder.kind.template}: {ends}")
    gathered = DigestItem.objects.filter(delivery__notice=climb.notice).count()
    if gathered != sum(model.gathered.values()):
        seen.findings.append(f"seed {ladder.seed}: {gathered} gathered, not {model.gathered}")
    _count(model, seen)


def _count(model: Model, seen: Seen) -> None:
    seen.ladders += 1
    seen.sent.update(each.channel for each in model.sent)
    seen.silent += sum(each.is_silent for each in model.sent)
    seen.waited += sum(
        each.due_at > model.start + each.rung.after and not each.tries for each in model.messages
    )
    seen.gathered += sum(model.gathered.values())
    seen.ended.update(each.state for each in model.messages)


def play(seeds: Iterable[int]) -> Seen:
    """Climb one ladder for each seed; return what was seen and found."""
    seen = Seen()
    people = [person(f"Li {number}") for number in range(3)]
    topic = f"merchant:{shop(clerks=0, owners=0).pk}"
    with mock.patch.object(results, "JITTER", 0.0):
        for seed in seeds:
            with transaction.atomic():
                compare(Ladder(seed), people, topic, seen)
                transaction.set_rollback(True)
    return seen


def _step(rung: Rung) -> Step:
    is_card = rung.channel == "operator"
    contacts = Contacts.FIRST if rung.is_for_first else Contacts.EVERYONE
    return Step(
        number=rung.number,
        channel=Channel(rung.channel),
        after=rung.after,
        condition=Condition.UNDELIVERED if rung.is_if_undelivered else Condition.UNANSWERED,
        contacts=Contacts.SHARED if is_card else contacts,
        is_loud=rung.is_loud,
    )


MARKS: Final[dict[str, Any]] = {
    "deliver": mark_delivered, "see": mark_seen, "act": mark_acted,
}  # fmt: skip
VARIABLES: Final = {"number": 7, "shop": "Noodles", "total": "¥45.00", "minutes": 5}
