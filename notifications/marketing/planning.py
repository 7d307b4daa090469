"""Plans running campaigns, a portion of people at a time, in the loop that sends them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Max, Min, Q

from core.changes import insert
from core.database import run_repeatedly
from core.identifiers import new_id
from core.people.models import Person
from notifications.escalation import Channel, Condition
from notifications.hot_statements import Planned, insert_deliveries
from notifications.lanes import Lane
from notifications.marketing.models import Campaign, ConsentRecord, Reach
from notifications.marketing.states import CampaignState, CampaignTrigger
from notifications.models import Notice, RecipientNotice
from notifications.policies import PLATFORM_CAMPAIGN, SHOP_CAMPAIGN
from notifications.templates import DEFAULT_LOCALE, LOCALES


PORTION: Final = 100
"""People planned in one transaction: short, as others wait for it on SQLite."""


def plan_due(*, now: datetime) -> bool:
    """Plan a portion of one running campaign, or end one; false when there was none."""
    return run_repeatedly(lambda: _plan_due(now))


def get_next_turn() -> datetime | None:
    """When the next campaign is to be planned or to end, if any runs."""
    running = Campaign.objects.filter(state=CampaignState.RUNNING)
    starts_at = Min("starts_at", filter=Q(planned_at__isnull=True))
    turns = running.aggregate(starts_at=starts_at, expires_at=Min("expires_at"))
    return min(filter(None, turns.values()), default=None)


def _plan_due(now: datetime) -> bool:
    waiting = Q(planned_at__isnull=True, starts_at__lte=now) | Q(expires_at__lte=now)
    running = Campaign.objects.filter(waiting, state=CampaignState.RUNNING)
    if not running.exists():
        return False
    with transaction.atomic():
        locked = running.select_for_update(skip_locked=True).order_by("starts_at", "pk")
        campaign = locked.first()
        if campaign is None:
            return False
        if campaign.expires_at <= now:
            campaign.move(CampaignTrigger.END)
        else:
            _plan_portion(campaign, now=now)
        return True


def _plan_portion(campaign: Campaign, *, now: datetime) -> None:
    records = ConsentRecord.objects.filter(scope=campaign.scope)
    if campaign.planned_until is not None:
        records = records.filter(person__gt=campaign.planned_until)
    newest = records.values("person_id").annotate(newest=Max("pk")).order_by("person_id")
    portion = list(newest[:PORTION])
    people = Person.objects.filter(
        is_active=True,
        consents__pk__in=[row["newest"] for row in portion],
        consents__is_given=True,
    ).distinct()
    _plan(campaign, list(people), now=now)
    if portion:
        campaign.planned_until = portion[-1]["person_id"]
    if len(portion) < PORTION:
        campaign.planned_at = now
    campaign.save(update_fields=["planned_until", "planned_at"])


def _plan(campaign: Campaign, people: Sequence[Person], *, now: datetime) -> None:
    """Write a notice and a delivery for each of them; the campaign is locked.

    They stand outside the inbox and its stream: an inbox holds what somebody must know.
    """
    notices = [_notice(campaign, person, now=now) for person in people]
    insert(notices)
    rows = [
        RecipientNotice(
            notice=notice, person_id=person.pk, locale=_locale_of(person), closed_at=now
        )
        for notice, person in zip(notices, people, strict=True)
    ]
    insert(rows)
    if not connection.features.can_return_rows_from_bulk_insert:
        rows = list(RecipientNotice.objects.filter(notice__in=notices))
    insert_deliveries(_delivery(campaign, row, now=now) for row in rows)
    Reach.objects.bulk_create(
        [Reach(person_id=person.pk) for person in people], ignore_conflicts=True
    )


def _notice(campaign: Campaign, person: Person, *, now: datetime) -> Notice:
    kind = SHOP_CAMPAIGN if campaign.merchant_id else PLATFORM_CAMPAIGN
    return Notice(
        id=new_id(),
        event_id=campaign.pk,
        template=kind.template,
        category=kind.category,
        variables=dict(campaign.words[_locale_of(person)]),
        topic=f"user:{person.pk}",
        subject=f"shop:{campaign.merchant_id}" if campaign.merchant_id else "platform:",
        created_at=now,
        expires_at=campaign.expires_at,
    )


def _delivery(campaign: Campaign, row: RecipientNotice, *, now: datetime) -> Planned:
    return Planned(
        notice_id=row.notice_id,
        recipient_id=row.pk,
        lane=Lane.MARKETING,
        channel=Channel.PUSH,
        step=1,
        condition=Condition.UNANSWERED,
        due_at=now,
        expires_at=campaign.expires_at,
    )


def _locale_of(person: Person) -> str:
    return person.locale if person.locale in LOCALES else DEFAULT_LOCALE
