"""Campaigns, the people who agreed to them, and a sender of campaigns in small."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.merchants.models import Merchant
from core.people.models import Person
from notifications.claims import ALL_CHANNELS, Claim, claim_due
from notifications.lanes import Lane
from notifications.marketing.commands import (
    NewCampaign,
    draft_campaign,
    start_campaign,
    stop_campaign,
)
from notifications.marketing.consent import give_consent
from notifications.marketing.models import Campaign
from notifications.marketing.planning import plan_due
from notifications.marketing.policy import WORDING
from notifications.models import Notice
from tests.notifications.delivery.town import NOON, person, staff


WORDS = {
    "zh-CN": {"title": "今日特价", "body": "牛肉面八折"},
    "en": {"title": "Today only", "body": "Noodles at 80 %"},
}
HOUR = timedelta(hours=1)


def customers(
    count: int, shop: Merchant | None, *, now: datetime = NOON, locale: str = "zh-CN"
) -> Sequence[Person]:
    """Make people who agreed to campaigns of the shop, or of the platform."""
    made = [person(f"Guest {number}", locale=locale) for number in range(count)]
    for each in made:
        agree(each, shop, now=now)
    return made


def agree(who: Person, shop: Merchant | None, *, now: datetime = NOON) -> None:
    merchant_id = shop.pk if shop else None
    give_consent(person=who, merchant_id=merchant_id, wording=WORDING, now=now)


def running(
    shop: Merchant | None,
    *,
    by: Person | None = None,
    now: datetime = NOON,
    life: timedelta = 48 * HOUR,
) -> Campaign:
    """Start a campaign."""
    author = by or (staff(shop, owner=True) if shop else person("Zhao", is_operator=True))
    new = NewCampaign(
        merchant_id=shop.pk if shop else None, words=WORDS, starts_at=now, expires_at=now + life
    )
    campaign = draft_campaign(person=author, new=new, now=now)
    with unit_of_work(now=now, actor=SYSTEM) as work:
        return start_campaign(person=author, campaign_id=campaign.pk, work=work)


def stop(campaign: Campaign) -> None:
    with unit_of_work(now=NOON, actor=SYSTEM):
        stop_campaign(person=campaign.created_by, campaign_id=campaign.pk)


def plan(now: datetime = NOON) -> int:
    """Plan until nothing is left to plan; return how many people are told more than before."""
    before = Notice.objects.count()
    while plan_due(now=now):
        pass
    return Notice.objects.count() - before


def claim(now: datetime = NOON, *, limit: int = 50) -> list[Claim]:
    claims, _ = claim_due(ALL_CHANNELS, now=now, limit=limit, lane=Lane.MARKETING)
    return claims


def ids(claims: Sequence[Claim]) -> set[UUID]:
    return {each.delivery_id for each in claims}
