"""Random schedules: acts, claims, answers, sweeps and receipts as real, interleaved transactions.

Each schedule is one alert with its ladder, and plain news to a courier. In each of a few rounds a
few deeds happen at once, statement by statement in a drawn order. Whoever commits first decides:
a text or call that a claim committed after an act did is one that started too late.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from core.database import run_repeatedly
from core.events import catalogue as events
from core.events.catalogue import EventType
from core.events.facts import SYSTEM, Actor, Subject
from core.orders.models import Order
from notifications.channels.result import Outcome, SendResult
from notifications.channels.sms_provider import ReceiptStatus, SmsReceipt
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.escalation import Channel
from notifications.models import (
    Delivery,
    Notice,
)
from notifications.policies import Category
from notifications.preferences.commands import QuietHours, set_preference, set_quiet_hours
from notifications.preferences.policy import Choice
from notifications.receipts import mark_acted, mark_delivered, mark_seen
from notifications.results import Answer, Finished, store, sweep
from notifications.texting.asking import claim_questions
from notifications.texting.settling import settle_receipt
from tests.notifications.delivery.interleaving import Deed, Happened, Stage, Tally, staged
from tests.notifications.delivery.schedule_town import (
    CHOICES,
    LEFT,
    Record,
    Town,
    clean,
    judge_rows,
    vendors,
)
from tests.notifications.delivery.town import (
    NOON,
    about,
    order,
    receipt,
    seconds,
    state,
)


ACTORS: Final = 4
ROUNDS: Final = 3
JUMPS: Final = (2.0, 11.0, 20.0, 31.0, 45.0, 61.0, 130.0)
"""Seconds between rounds: steps come after 10, 30, 60, 90 and 180 s, and 300 s are the end."""
MAYBE_TAKEN: Final = frozenset({Outcome.SENT, Outcome.UNKNOWN})
QUIET: Final = (time(12, 0), time(12, 2))
"""In Shanghai, where a schedule begins at noon."""
Note = Callable[[Happened], None]


@dataclass(frozen=True, slots=True)
class Start:
    """One message that a claim has let go."""

    claim: Claim
    commit: int
    seen_commits: int


class Schedule:
    """One alert from its first second on."""

    def __init__(self, seed: int, town: Town, stage: Stage, record: Record) -> None:
        self.dice = random.Random(seed)
        self.seed, self.town, self.stage, self.record = seed, town, stage, record
        self.now = NOON
        self.order: Order = order(town.shop, customer=town.customer)
        state(events.ORDER_PLACED, about(self.order))
        self.notice = Notice.objects.get(order_id=self.order.pk, template="new_order")
        courier = Subject(kind="courier", id=town.courier.pk)
        state(events.COURIER_OFFLINE, courier, data={"cause": "missed"})
        steps = self.notice.deliveries.values_list("pk", "recipient__person_id")
        self.steps: dict[UUID, UUID | None] = dict(steps)
        self.news: UUID = Delivery.objects.filter(notice__template="set_offline").latest("pk").pk
        self.leased: list[Claim] = []
        self.starts: list[Start] = []
        self.outcomes: dict[tuple[UUID, int], Outcome] = {}
        self.ended_at: int | None = None
        """Number of the commit by which somebody acted or the matter ended."""
        self.muted_at: dict[UUID, int] = {}
        self.quiet_at: int | None = None

    def play(self) -> None:
        """Let all rounds happen, look for what must not be, and clean up."""
        last = self.dice.randrange(ROUNDS + 1)
        for number in range(ROUNDS):
            self.now += seconds(self.dice.choice(JUMPS))
            self._round(self._chosen(is_last=number == last))
        self._finish()
        self._judge()

    def _chosen(self, *, is_last: bool) -> list[str]:
        """Draw what happens at once; there is always a sender that claims."""
        chosen = ["claim"]
        if is_last:
            chosen += self.dice.choices(ENDINGS, k=self.dice.randint(1, 2))
        while len(chosen) < self.dice.randint(2, ACTORS):
            chosen.append(self.dice.choice(DEEDS))
        return chosen

    def _round(self, chosen: Sequence[str]) -> None:
        deeds: dict[str, tuple[datetime, Deed, Note]] = {}
        for number, name in enumerate(chosen):
            at = self.now + seconds(self.dice.random())
            deed, note = getattr(self, name)(at)
            deeds[f"{number} {name}"] = (at, deed, note)
        happened = self.stage.play({key: deed for key, (_, deed, _) in deeds.items()}, self.dice)
        for key, each in happened.items():
            if each.error is not None:
                raise each.error
            deeds[key][2](each)
        if self.ended_at is None:
            self._note_end({at: happened[key].commit for key, (at, _, _) in deeds.items()})

    def _note_end(self, commits: Mapping[datetime, int | None]) -> None:
        """Find the deed by which the matter has ended: each has a moment of its own."""
        self.notice.refresh_from_db()
        if (at := self.notice.acted_at or self.notice.closed_at) is not None:
            self.ended_at = commits[at]
            assert self.ended_at is not None
            self.record.acts += self.notice.acted_at is not None
            self.record.closings += self.notice.acted_at is None

    def claim(self, at: datetime) -> tuple[Deed, Note]:
        """A sender claims what is due."""

        def note(happened: Happened) -> None:
            claims, _ = happened.result
            self.leased += claims
            for each in claims:
                assert happened.commit is not None
                self.starts.append(Start(each, happened.commit, happened.seen_commits))
                self.record.starts[each.channel] += 1

        limit = self.dice.choice((2, 50, 50))
        return partial(claim_due, ALL_CHANNELS, now=at, limit=limit), note

    def answer(self, at: datetime) -> tuple[Deed, Note]:
        """Providers answer some of what is under way, and that is written down."""
        finished = []
        for claim in self._taken():
            outcome = self.dice.choice(list(Outcome))
            self.outcomes[claim.delivery_id, claim.attempt] = outcome
            answers = (Answer(result=SendResult(outcome, "x")),)
            finished.append(Finished(claim=claim, answers=answers))
        return partial(store, finished, now=at), ignore

    def vanish(self, at: datetime) -> tuple[Deed, Note]:
        """A sender has died with some of what is under way; all leases have ended."""
        self._taken()
        return partial(sweep, now=at + seconds(31)), ignore

    def _taken(self) -> list[Claim]:
        taken = [each for each in self.leased if self.dice.random() < SHARE]
        self.leased = [each for each in self.leased if each not in taken]
        return taken

    def tell(self, at: datetime) -> tuple[Deed, Note]:
        """A vendor tells how a text or call ended; pressing a key of the telephone is an act."""
        texts = [each.claim for each in self.starts if each.claim.text is not None]
        if not texts:
            return self.have(at)
        claim = self.dice.choice(texts)
        known = [each for each in ReceiptStatus if claim.channel is Channel.CALL or each in PLAIN]
        told = SmsReceipt(
            event_id="e",
            provider_id="m",
            out_id=str(claim.delivery_id),
            to="",
            status=self.dice.choice(known),
            occurred_at=at,
        )
        assert claim.text is not None
        return partial(settle_receipt, told, provider=claim.text.provider, now=at), ignore

    def ask(self, at: datetime) -> tuple[Deed, Note]:
        """Somebody looks which vendors are to be asked."""
        return partial(claim_questions, now=at), ignore

    def have(self, at: datetime) -> tuple[Deed, Note]:
        """A device has the alert."""
        return partial(mark_delivered, **self._receipt(at)), ignore

    def see(self, at: datetime) -> tuple[Deed, Note]:
        """Somebody looks at it, and does nothing."""
        return partial(mark_seen, **self._receipt(at)), ignore

    def act(self, at: datetime) -> tuple[Deed, Note]:
        """A device of one of the staff says that somebody is at it."""
        return partial(mark_acted, **self._receipt(at)), ignore

    def _receipt(self, at: datetime) -> dict[str, Any]:
        who = self.dice.choice(self.town.staff)
        return {"person": who, "receipts": [receipt(self.notice)], "now": at}

    def accept(self, at: datetime) -> tuple[Deed, Note]:
        """One of the staff accepts the order, which is an act."""
        clerk = Actor("merchant", str(self.dice.choice(self.town.staff).pk))
        return self._fact(events.ORDER_ACCEPTED, clerk, at), ignore

    def cancel(self, at: datetime) -> tuple[Deed, Note]:
        """The customer cancels the order."""
        return self._fact(events.ORDER_CANCELLED, CUSTOMER, at), ignore

    def expire(self, at: datetime) -> tuple[Deed, Note]:
        """The order's time to be accepted is over."""
        return self._fact(events.ORDER_ACCEPT_EXPIRED, SYSTEM, at), ignore

    def _fact(self, kind: EventType, actor: Actor, at: datetime) -> Deed:
        stating = partial(state, kind, about(self.order), now=at, actor=actor)
        return partial(run_repeatedly, stating)

    def mute(self, at: datetime) -> tuple[Deed, Note]:
        """One of the staff wants no more texts."""
        who = self.dice.choice(self.town.staff)

        def note(happened: Happened) -> None:
            assert happened.commit is not None
            self.muted_at[who.pk] = min(self.muted_at.get(who.pk, NEVER), happened.commit)

        choice = {"category": Category.ORDER_ALERT, "channel": Channel.SMS, "choice": Choice.OFF}
        deed = partial(set_preference, person=who, now=at, **choice)  # type: ignore[arg-type]
        return committed(deed), note

    def rest(self, at: datetime) -> tuple[Deed, Note]:
        """The courier wants to be left in peace for two minutes."""
        hours = QuietHours(time_zone="Asia/Shanghai", starts_at=QUIET[0], ends_at=QUIET[1])

        def note(happened: Happened) -> None:
            assert happened.commit is not None
            self.quiet_at = min(self.quiet_at or NEVER, happened.commit)

        deed = partial(set_quiet_hours, person=self.town.courier, hours=hours, now=at)
        return committed(deed), note

    def _finish(self) -> None:
        """Let healthy senders go on until nothing is left."""
        for _ in range(LEFT_LIMIT):
            self.now += seconds(LEFT_SECONDS)
            sweep(now=self.now)
            claims, seen_count = claim_due(ALL_CHANNELS, now=self.now)
            for each in claims:
                self.starts.append(Start(each, NEVER, NEVER - 1))
            taken = (Answer(result=SendResult(Outcome.SENT, "x")),)
            store([Finished(claim=each, answers=taken) for each in claims], now=self.now)
            waiting = Delivery.objects.filter(state__in=["pending", "retrying", "leased"])
            if not seen_count and not waiting.exists():
                return
        self._found("something is never told and never ended")

    def _judge(self) -> None:
        self.record.schedules += 1
        self.record.cancelled += self.notice.deliveries.filter(
            code__in=["acted", "closed"]
        ).count()
        for start in self.starts:
            self._judge_start(start)
        self._judge_repeats()

    def _judge_start(self, start: Start) -> None:
        claim, whose = start.claim, self.steps.get(start.claim.delivery_id)
        if claim.delivery_id in self.steps:
            if self.ended_at is not None and start.commit > self.ended_at:
                self._found(f"{claim.channel} started after the act was committed")
            if claim.started_at >= self.notice.expires_at:
                self._found(f"{claim.channel} started when it had become pointless")
        muted_at = self.muted_at.get(whose, NEVER) if whose is not None else NEVER
        if claim.channel is Channel.SMS and muted_at <= start.seen_commits:
            self._found("a text started to somebody who wants none")
        is_quiet = self.quiet_at is not None and self.quiet_at <= start.seen_commits
        if claim.delivery_id == self.news and is_quiet and claim.started_at < NOON + QUIET_LENGTH:
            self._found("news started in quiet hours")

    def _judge_repeats(self) -> None:
        """A text or call goes again only after its vendor refused it in so many words."""
        for start in self.starts:
            claim = start.claim
            if claim.text is None or claim.attempt == 1:
                continue
            before = self.outcomes.get((claim.delivery_id, claim.attempt - 1))
            if before is None or before in MAYBE_TAKEN:
                self._found(f"{claim.channel} went again after {before}")

    def _found(self, what: str) -> None:
        self.record.findings.append(f"seed {self.seed}: {what}")


def ignore(_happened: Happened) -> None:
    """Nothing is to be noted; the database tells."""


def committed(deed: Deed) -> Deed:
    """Return the deed as a request does it: in one transaction, again if that was in the way."""
    return partial(run_repeatedly, transaction.atomic(deed))


DEEDS: Final = (
    "claim", "claim", "answer", "answer", "answer", "vanish", "tell", "tell", "have", "see",
    "mute", "rest", "ask",
)  # fmt: skip
ENDINGS: Final = ("act", "act", "act", "accept", "cancel", "expire")
JUDGED_TOGETHER: Final = 20
PLAIN: Final = frozenset(ReceiptStatus) - {ReceiptStatus.ACKNOWLEDGED}
CUSTOMER: Final = Actor("customer", "")
SHARE: Final = 0.6
LEFT_LIMIT: Final = 400
LEFT_SECONDS: Final = 140.0
"""Between two claims of what is left; together longer than anything is of use."""
NEVER: Final = 2**62
QUIET_LENGTH: Final = timedelta(minutes=2)


def play(seeds: Iterable[int], folder: Path) -> tuple[Record, Tally]:
    """Play one schedule for each seed; return what was seen and what it was made of."""
    record = Record()
    with vendors(folder), staged(ACTORS) as stage:
        town = Town.build()
        for seed in seeds:
            Schedule(seed, town, stage, record).play()
            clean(CHOICES)
            if record.schedules % JUDGED_TOGETHER == 0:
                record.findings += judge_rows(seed)
                clean(LEFT)
        return record, stage.tally
