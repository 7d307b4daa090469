"""Writes down what endpoints answered, a batch at a time, and picks up what was lost."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.clock import clock
from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import Work, unit_of_work
from notifications.wakeups import WAKE_WEBHOOKS_GROUP
from notifications.webhooks.claims import LEASE_SECONDS, HookClaim
from notifications.webhooks.conclusions import (
    DISABLE_SECONDS,
    FAILING,
    GONE,
    JITTER,
    Answer,
    conclude,
    next_attempt,
    rest_seconds,
)
from notifications.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from notifications.webhooks.states import HookState, HookTrigger
from notifications.webhooks.switching import disable_webhook
from notifications.webhooks.tally import tally


SWEEP_LIMIT: Final = 200
LOST: Final = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFinished:
    """One claim and what came of it."""

    claim: HookClaim
    answer: Answer


def store(finished: Sequence[HookFinished], *, now: datetime) -> None:
    """Write a batch of outcomes in one transaction."""
    dead_count = run_repeatedly(lambda: _store(finished, now))
    tally.dead_count += dead_count
    for each in finished:
        tally.attempts[each.answer.code] += 1


def _store(finished: Sequence[HookFinished], now: datetime) -> int:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        ids = {each.claim.webhook_id for each in finished}
        locked = Webhook.objects.filter(pk__in=ids).order_by("pk").select_for_update()
        webhooks = {row.pk: row for row in locked}
        rows = _lock_rows([each.claim.delivery_id for each in finished])
        WebhookAttempt.objects.bulk_create(_attempts(finished, now=now))
        mine = [each for each in finished if _is_mine(each.claim, rows)]
        verdicts = [_apply(each, rows[each.claim.delivery_id], now=now) for each in mine]
        _note_health(mine, webhooks, work=work)
        # What waited behind the ended ones is due.
        work.wake(WAKE_WEBHOOKS_GROUP)
        return verdicts.count(HookTrigger.GIVE_UP)


def _lock_rows(ids: Sequence[int]) -> dict[int, WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    return {row.pk: row for row in rows}


def _is_mine(claim: HookClaim, rows: Mapping[int, WebhookDelivery]) -> bool:
    """Whether the lease is still the one under which it was sent."""
    row = rows.get(claim.delivery_id)
    return row is not None and row.state == HookState.LEASED and row.attempts == claim.attempt


def _attempts(finished: Iterable[HookFinished], *, now: datetime) -> list[WebhookAttempt]:
    return [
        WebhookAttempt(
            delivery_id=each.claim.delivery_id,
            number=each.claim.attempt,
            started_at=each.claim.started_at,
            finished_at=now,
            status=each.answer.status,
            code=each.answer.code,
        )
        for each in finished
    ]


def _apply(each: HookFinished, row: WebhookDelivery, *, now: datetime) -> HookTrigger:
    claim, answer = each.claim, each.answer
    verdict = conclude(answer, attempt=claim.attempt, is_last=now >= claim.give_up_at)
    moving = WebhookDelivery.objects.filter(pk=row.pk)
    if verdict.trigger is not HookTrigger.POSTPONE:
        ended_at = None if verdict.trigger is HookTrigger.HOLD else now
        moving.move(verdict.trigger, code=answer.code, lease_until=None, ended_at=ended_at)
        return verdict.trigger
    spread = random.uniform(1.0, 1.0 + JITTER)  # noqa: S311  no secret
    due_at = next_attempt(
        now=now,
        wait=clock().technical(verdict.wait_seconds * spread),
        asked=clock().technical(rest_seconds(answer)),
        last=claim.give_up_at,
    )
    moving.move(HookTrigger.POSTPONE, code=answer.code, lease_until=None, due_at=due_at)
    # Those behind it cannot go before it: let nobody look at them in the meantime.
    behind = WebhookDelivery.objects.filter(
        webhook=row.webhook_id, thing=row.thing, pk__gt=row.pk, state=HookState.PENDING
    )
    behind.update(due_at=due_at)
    return verdict.trigger


def _note_health(
    finished: Sequence[HookFinished], webhooks: Mapping[UUID, Webhook], *, work: Work
) -> None:
    """Keep which endpoints fail, since when, and which want rest; disable the hopeless."""
    accepted = {each.claim.webhook_id for each in finished if each.answer.is_accepted}
    failed = {each.claim.webhook_id for each in finished} - accepted
    Webhook.objects.filter(pk__in=accepted).accept()
    Webhook.objects.filter(pk__in=failed).fail(now=work.now)
    _let_rest(finished, now=work.now)
    gone = {each.claim.webhook_id for each in finished if each.answer.is_gone}
    longest = clock().technical(DISABLE_SECONDS)
    for webhook_id in sorted(failed | gone):
        webhook = webhooks[webhook_id]
        if webhook.disabled_at is not None or webhook.removed_at is not None:
            continue
        since = webhook.failing_since
        if webhook_id in gone:
            disable_webhook(webhook=webhook, code=GONE, work=work)
        elif since is not None and work.now - since >= longest:
            disable_webhook(webhook=webhook, code=FAILING, work=work)


def _let_rest(finished: Iterable[HookFinished], *, now: datetime) -> None:
    """Send nothing to an endpoint before the time it asked for."""
    wanted: dict[UUID, float] = {}
    for each in finished:
        if not each.answer.is_accepted and (seconds := rest_seconds(each.answer)):
            webhook_id = each.claim.webhook_id
            wanted[webhook_id] = max(seconds, wanted.get(webhook_id, 0.0))
    for webhook_id, seconds in wanted.items():
        rest_until = now + clock().technical(seconds)
        Webhook.objects.filter(pk=webhook_id).update(rest_until=rest_until)


def sweep(*, now: datetime) -> int:
    """Give back what a vanished sender had leased; return how many there were."""
    lost = WebhookDelivery.objects.filter(state=HookState.LEASED, lease_until__lte=now)
    ids = list(lost.order_by("lease_until").values_list("pk", flat=True)[:SWEEP_LIMIT])
    return run_repeatedly(lambda: _give_back(ids, now)) if ids else 0


def _give_back(ids: Sequence[int], now: datetime) -> int:
    with unit_of_work(now=now, actor=SYSTEM):
        lost = WebhookDelivery.objects.filter(pk__in=ids, lease_until__lte=now)
        rows = list(lost.movable(HookTrigger.LOSE).select_for_update(skip_locked=True))
        WebhookAttempt.objects.bulk_create(_lost(row, now=now) for row in rows)
        moving = WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows])
        moving.move(HookTrigger.LOSE, code=LOST, lease_until=None)
        tally.attempts[LOST] += len(rows)
        return len(rows)


def _lost(row: WebhookDelivery, *, now: datetime) -> WebhookAttempt:
    return WebhookAttempt(
        delivery_id=row.pk,
        number=row.attempts,
        started_at=(row.lease_until or now) - clock().technical(LEASE_SECONDS),
        finished_at=now,
        code=LOST,
    )
