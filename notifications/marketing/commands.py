"""Drafting, starting and stopping campaigns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.errors import Invalid
from core.events.work import Work
from core.people.models import Person
from notifications.marketing.models import Campaign
from notifications.marketing.policy import LONGEST_CAMPAIGN
from notifications.marketing.queries import access_campaign, access_sender
from notifications.marketing.states import CampaignTrigger
from notifications.wakeups import wake_marketing


class CampaignTimesWrong(Invalid):
    """It would end before it began, be over already, or never end."""

    code = "campaign_times"
    title = "A campaign ends after it starts, in the future, within thirty days."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """What is to be told by whom, from when until when; words in every language."""

    merchant_id: UUID | None
    words: Mapping[str, Mapping[str, str]]
    starts_at: datetime
    expires_at: datetime


def draft_campaign(*, person: Person, new: NewCampaign, now: datetime) -> Campaign:
    """Keep a campaign that nobody is told of yet.

    :raises NotFound: the shop is not theirs.
    :raises NotAllowed: only owners of the shop, or operators, may.
    :raises CampaignTimesWrong: its times make no sense.
    """
    access_sender(person, new.merchant_id)
    begins_at = max(new.starts_at, now)
    if not begins_at < new.expires_at <= begins_at + LONGEST_CAMPAIGN:
        raise CampaignTimesWrong
    return Campaign.objects.create(
        merchant_id=new.merchant_id,
        words={locale: dict(words) for locale, words in new.words.items()},
        created_by=person,
        created_at=now,
        starts_at=new.starts_at,
        expires_at=new.expires_at,
    )


def start_campaign(*, person: Person, campaign_id: UUID, work: Work) -> Campaign:
    """Let it be sent from its time on.

    :raises NotFound: it is not theirs.
    :raises CampaignStateError: it is no draft.
    :raises CampaignTimesWrong: its time is over.
    """
    campaign = access_campaign(person, campaign_id, lock=True)
    if campaign.expires_at <= work.now:
        raise CampaignTimesWrong
    campaign.move(CampaignTrigger.START)
    wake_marketing(work)
    return campaign


def stop_campaign(*, person: Person, campaign_id: UUID) -> Campaign:
    """Send nothing more of it, neither what is planned nor what waits.

    :raises NotFound: it is not theirs.
    :raises CampaignStateError: it was stopped or has ended.
    """
    campaign = access_campaign(person, campaign_id, lock=True)
    campaign.move(CampaignTrigger.STOP)
    return campaign
