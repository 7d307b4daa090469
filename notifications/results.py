"""Writes down what became of the sends, a batch at a time, and picks up what was lost."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from core.clock import clock
from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from notifications import hot_statements as hot
from notifications.channels.result import Outcome, SendResult
from notifications.circuits.commands import note_changes
from notifications.circuits.gates import HELD, Change
from notifications.claims import LEASE_SECONDS, Claim
from notifications.conclusions import (
    GONE,
    LEASE_ENDED,
    Conclusion,
    conclude_lost,
    conclude_push,
    conclude_text,
    conclude_wechat,
)
from notifications.escalation import Channel, Condition, Step, next_step
from notifications.hot_statements import Locked
from notifications.models import Attempt, Delivery, Notice, PushSubscription
from notifications.pushing.rotation import heed_rotations
from notifications.states import DeliveryState, DeliveryTrigger
from notifications.texting.asking import first_ask_at
from notifications.texting.tally import tally as texts
from notifications.wakeups import wake_senders
from notifications.wechat.allotting import settle_grants


SWEEP_LIMIT = 200
JITTER = 0.25
"""Retries of a batch spread by up to this share of their wait."""

ALIVE = frozenset(DeliveryState) - {
    DeliveryState.DEAD, DeliveryState.EXPIRED, DeliveryState.CANCELLED,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one provider said about one device, or about the whole message."""

    result: SendResult
    subscription_id: int | None = None
    change: Change | None = None
    """What it makes of its origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One claim and every answer to it."""

    claim: Claim
    answers: tuple[Answer, ...]

    def conclude(self) -> Conclusion:
        """Return what becomes of the delivery."""
        results = [answer.result for answer in self.answers]
        attempt = self.claim.attempt - self.claim.spent_count
        if (text := self.claim.text) is not None:
            return conclude_text(
                results[0],
                self.claim.channel,
                attempt=attempt,
                has_fresh=text.has_fresh,
                has_other=text.has_other,
            )
        if self.claim.wechat is not None:
            return conclude_wechat(results[0], attempt=attempt)
        return conclude_push(results, attempt=attempt, reached_before=self.claim.reached_before)


def store(finished: Sequence[Finished], *, now: datetime) -> None:
    """Write a batch of outcomes in one transaction."""
    run_repeatedly(lambda: _store(finished, now))


def _store(finished: Sequence[Finished], now: datetime) -> None:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        finished = heed_rotations(finished)
        rows = hot.lock_leased(each.claim.delivery_id for each in finished)
        hot.insert_attempts(_attempts(finished, now=now))
        _prune(finished, now=now)
        settle_grants(
            (job, each.answers[0].result)
            for each in finished
            if (job := each.claim.wechat) is not None
        )
        changes = [each.change for one in finished for each in one.answers if each.change]
        if changes:
            note_changes(changes, work=work)
        unreachable: list[Locked] = []
        for (conclusion, provider_id), group in _grouped(finished, rows).items():
            _apply(conclusion, provider_id, group, now=now)
            if conclusion.trigger is DeliveryTrigger.GIVE_UP and conclusion.code == GONE:
                unreachable.extend(rows[each] for each in group)
        _step_on(unreachable, work=work)
        transaction.on_commit(partial(_count, finished))


def _count(finished: Iterable[Finished]) -> None:
    for each in finished:
        if (text := each.claim.text) is not None:
            outcome = each.answers[0].result.outcome
            texts.attempts[each.claim.channel, text.provider, outcome] += 1


def _attempts(finished: Iterable[Finished], *, now: datetime) -> list[tuple[Any, ...]]:
    """Return the audit, values in the order of the columns of `Attempt`."""
    return [
        (
            each.claim.delivery_id,
            each.claim.attempt,
            answer.subscription_id,
            each.claim.started_at,
            now,
            answer.result.outcome,
            answer.result.code[:64],
            each.claim.text.provider if each.claim.text else "",
            (answer.result.provider_id or "")[:128],
        )
        for each in finished
        for answer in each.answers
        if answer.result.code != HELD  # nothing was tried
    ]


def _prune(finished: Iterable[Finished], *, now: datetime) -> None:
    """Stop pushing to what the push service itself declared gone, and to nothing else."""
    gone: dict[tuple[str, datetime | None], list[int]] = {}
    for each in finished:
        for answer in each.answers:
            if answer.result.outcome is Outcome.GONE and answer.subscription_id is not None:
                word = (answer.result.code, answer.result.gone_since)
                gone.setdefault(word, []).append(answer.subscription_id)
    for (code, since), ids in gone.items():
        told_of = PushSubscription.objects.filter(pk__in=ids, gone_at__isnull=True)
        if since is not None:
            # An app that came back after that has outlived the word.
            told_of = told_of.exclude(registered_at__gt=since)
        told_of.update(gone_at=now, gone_code=code[:24])


Group = tuple[Conclusion, str]


def _grouped(finished: Iterable[Finished], rows: dict[UUID, Locked]) -> dict[Group, list[UUID]]:
    """Deliveries that end alike; those whose lease went to somebody else are left alone."""
    groups: dict[Group, list[UUID]] = {}
    for each in finished:
        row = rows.get(each.claim.delivery_id)
        if row is None or row.attempts != each.claim.attempt:
            continue
        provider_id = ""
        if each.claim.text is not None:
            provider_id = (each.answers[0].result.provider_id or "")[:128]
        groups.setdefault((each.conclude(), provider_id), []).append(row.pk)
    return groups


def _apply(
    conclusion: Conclusion, provider_id: str, ids: Sequence[UUID], *, now: datetime
) -> None:
    code = conclusion.code[:64]
    if conclusion.trigger is not DeliveryTrigger.POSTPONE and not conclusion.asks:
        hot.finish(conclusion.trigger, ids, code=code, provider_id=provider_id)
        return
    rows = Delivery.objects.filter(pk__in=ids)
    if conclusion.trigger is not DeliveryTrigger.POSTPONE:
        rows.move(
            conclusion.trigger,
            code=code,
            provider_id=provider_id,
            lease_until=None,
            ask_at=first_ask_at(now),
        )
        return
    wait_seconds = conclusion.wait_seconds * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311
    due_at = now + clock().technical(wait_seconds)
    rows.filter(expires_at__lte=due_at).move(DeliveryTrigger.EXPIRE, code=code, lease_until=None)
    spent = {"attempts": F("attempts") - 1} if conclusion.is_free else {}
    rows.move(DeliveryTrigger.POSTPONE, code=code, due_at=due_at, lease_until=None, **spent)


def _step_on(unreachable: Sequence[Locked], *, work: Work) -> None:
    """Where a step reached nobody at all, its successor need not wait for its time."""
    for notice_id, step in sorted({(row.notice_id, row.step) for row in unreachable}):
        same = Delivery.objects.filter(notice=notice_id, step=step)
        if same.filter(state__in=list(ALIVE)).exists():
            continue
        notice = Notice.objects.get(pk=notice_id)
        following = next_step(steps_of(notice), after=step, clocks=notice.clocks)
        if following is None:
            continue
        later = Delivery.objects.filter(
            notice=notice_id,
            step=following.number,
            state=DeliveryState.PENDING,
            due_at__gt=work.now,
        )
        if later.update(due_at=work.now):
            wake_senders(work, frozenset({following.channel}))


def steps_of(notice: Notice) -> list[Step]:
    """Return the steps that the notice was made with, whatever its ladder is by now."""
    rows = notice.deliveries.order_by("step").values_list("step", "channel", "condition")
    return [
        Step(number=number, channel=Channel(channel), condition=Condition(condition))
        for number, channel, condition in rows.distinct()
    ]


def sweep(*, now: datetime) -> int:
    """Pick up deliveries whose sender vanished; return how many there were."""
    return run_repeatedly(lambda: _sweep(now))


def get_next_lease_end() -> datetime | None:
    """When the next lease ends, if any runs."""
    leased = Delivery.objects.leased().order_by("lease_until")
    return leased.values_list("lease_until", flat=True).first()


def _sweep(now: datetime) -> int:
    ended = Delivery.objects.leased().filter(lease_until__lte=now)
    if not ended.exists():
        return 0
    with unit_of_work(now=now, actor=SYSTEM):
        rows = list(
            ended.select_for_update(skip_locked=True).order_by("lease_until")[:SWEEP_LIMIT]
        )
        groups: dict[Conclusion, list[UUID]] = {}
        for row in rows:
            attempt = row.attempts - row.spent_count
            conclusion = conclude_lost(Channel(row.channel), attempt=attempt)
            groups.setdefault(conclusion, []).append(row.pk)
        for conclusion, ids in groups.items():
            Delivery.objects.filter(pk__in=ids).move(
                conclusion.trigger,
                code=conclusion.code,
                lease_until=None,
                ask_at=first_ask_at(now) if conclusion.asks else None,
            )
        Attempt.objects.bulk_create(_lost(row, now=now) for row in rows)
        return len(rows)


def _lost(row: Delivery, *, now: datetime) -> Attempt:
    return Attempt(
        delivery_id=row.pk,
        number=row.attempts,
        started_at=(row.lease_until or now) - _lease(),
        finished_at=now,
        outcome="lost",
        code=LEASE_ENDED,
        provider=row.provider,
    )


def _lease() -> timedelta:
    return clock().technical(LEASE_SECONDS)
