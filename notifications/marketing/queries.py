"""Reading campaigns: whose they are, how they look, how far they came."""

from typing import Any
from uuid import UUID

from core.errors import NotAllowed, NotFound
from core.merchants.queries import access_merchant
from core.people.models import Membership, Person
from notifications.marketing.links import unsubscribe_url
from notifications.marketing.models import Campaign, scope_of
from notifications.marketing.policy import CAPS, LONGEST_CAMPAIGN, WORDING, WORDINGS
from notifications.marketing.progress import get_audience_count, get_progress, progress_of
from notifications.templates import LOCALES


SHOWN_CAMPAIGNS = 50


def access_sender(person: Person, merchant_id: UUID | None) -> None:
    """Let only a shop's owners speak for it, and operators for any and for the platform.

    :raises NotFound: the shop is not theirs.
    :raises NotAllowed: they work there, yet do not own it.
    """
    if person.is_operator:
        if merchant_id is not None:
            access_merchant(person, merchant_id)
        return
    if merchant_id is None:
        raise NotAllowed
    access_merchant(person, merchant_id)
    own = Membership.objects.filter(person=person, merchant=merchant_id, is_owner=True)
    if not own.exists():
        raise NotAllowed


def access_campaign(person: Person, campaign_id: UUID, *, lock: bool = False) -> Campaign:
    """Return the campaign for somebody who may speak for its sender.

    :raises NotFound: there is none, or it is another's.
    """
    campaigns = Campaign.objects.select_for_update() if lock else Campaign.objects.all()
    campaign = campaigns.filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound
    try:
        access_sender(person, campaign.merchant_id)
    except NotAllowed as error:
        raise NotFound from error
    return campaign


def get_campaigns(person: Person, merchant_id: UUID | None) -> list[dict[str, Any]]:
    """Return the newest campaigns of a shop, or of the platform."""
    access_sender(person, merchant_id)
    found = Campaign.objects.filter(merchant=merchant_id).order_by("-created_at", "-pk")
    campaigns = list(found[:SHOWN_CAMPAIGNS])
    known = get_progress([each.pk for each in campaigns], scope_of(merchant_id))
    return [campaign_view(each) | progress_of(known, each.pk) for each in campaigns]


def campaign_view(campaign: Campaign) -> dict[str, Any]:
    """Return the campaign as its sender sees it."""
    return {
        "id": campaign.pk,
        "merchant_id": campaign.merchant_id,
        "words": campaign.words,
        "state": campaign.state,
        "version": campaign.version,
        "starts_at": campaign.starts_at,
        "expires_at": campaign.expires_at,
        "planned_at": campaign.planned_at,
    }


def get_preview(person: Person, campaign_id: UUID) -> dict[str, Any]:
    """Return what phones will show in each language, and how many people agreed to hear it."""
    campaign = access_campaign(person, campaign_id)
    return {
        "messages": {locale: campaign.words[locale] for locale in LOCALES},
        "audience_count": get_audience_count(campaign.scope),
        "unsubscribe_url": unsubscribe_url(person.pk, campaign.scope),
    }


def get_sending_terms(person: Person, merchant_id: UUID | None) -> dict[str, Any]:
    """Return whom a campaign of the sender would reach now, and what it must keep to."""
    access_sender(person, merchant_id)
    return {
        "audience_count": get_audience_count(scope_of(merchant_id)),
        "wording": dict(WORDINGS[WORDING]),
        "caps": [{"days": cap.span.days, "most": cap.most} for cap in CAPS],
        "longest_days": LONGEST_CAMPAIGN.days,
    }
