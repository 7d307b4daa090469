"""The commands about campaigns and consent to them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.errors import NotFound
from core.events.work import unit_of_work
from core.gate.registry import Arguments, Call, NoArguments, command
from notifications.marketing.commands import (
    NewCampaign,
    draft_campaign,
    start_campaign,
    stop_campaign,
)
from notifications.marketing.consent import get_consents, give_consent, withdraw_consent
from notifications.marketing.models import scope_of
from notifications.marketing.queries import campaign_view


class CampaignWords(Arguments):
    """What a phone shows in one language."""

    title: str = Field(min_length=1, max_length=60)
    body: str = Field(min_length=1, max_length=200)


class CampaignArguments(Arguments):
    """A campaign of a shop, or of the platform without one; words in every language."""

    merchant_id: UUID | None = None
    words: dict[Literal["zh-CN", "en"], CampaignWords] = Field(min_length=2, max_length=2)
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime


class ConsentArguments(Arguments):
    """Whose campaigns are agreed to (without a shop the platform's), and the wording read."""

    merchant_id: UUID | None = None
    wording: str = Field(min_length=1, max_length=16, examples=["2026-11"])


class WithdrawArguments(Arguments):
    """Whose campaigns end: one shop's, the platform's without one, or everybody's."""

    merchant_id: UUID | None = None
    everywhere: bool = False


@command("campaign.draft", path="/campaigns", arguments=CampaignArguments)
def draft(call: Call, arguments: CampaignArguments) -> dict[str, Any]:
    """Draft a campaign; for owners of the shop and operators."""
    new = NewCampaign(
        merchant_id=arguments.merchant_id,
        words={locale: words.model_dump() for locale, words in arguments.words.items()},
        starts_at=arguments.starts_at or call.now,
        expires_at=arguments.expires_at,
    )
    return campaign_view(draft_campaign(person=call.person, new=new, now=call.now))


@command("campaign.start", path="/campaigns/{campaign_id}/start", subject="campaign_id")
def start(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Send a drafted campaign, from its time on, to those who agreed."""
    with unit_of_work(now=call.now, actor=call.actor("merchant")) as work:
        return campaign_view(
            start_campaign(person=call.person, campaign_id=_subject(call), work=work)
        )


@command("campaign.stop", path="/campaigns/{campaign_id}/stop", subject="campaign_id")
def stop(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Send nothing more of a campaign."""
    return campaign_view(stop_campaign(person=call.person, campaign_id=_subject(call)))


@command("consent.give", path="/me/consents", arguments=ConsentArguments)
def give(call: Call, arguments: ConsentArguments) -> dict[str, Any]:
    """Agree to campaigns of a shop or of the platform."""
    give_consent(
        person=call.person,
        merchant_id=arguments.merchant_id,
        wording=arguments.wording,
        now=call.now,
    )
    return get_consents(call.person)


@command("consent.withdraw", path="/me/consents/withdraw", arguments=WithdrawArguments)
def withdraw(call: Call, arguments: WithdrawArguments) -> dict[str, Any]:
    """End campaigns of a shop, of the platform, or all of them."""
    withdraw_consent(
        person_id=call.person.pk,
        scopes=None if arguments.everywhere else [scope_of(arguments.merchant_id)],
        how="settings",
        now=call.now,
    )
    return get_consents(call.person)


def _subject(call: Call) -> UUID:
    if call.subject_id is None:
        raise NotFound
    return call.subject_id
