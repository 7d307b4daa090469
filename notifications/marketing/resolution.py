"""Asks, while campaign messages are locked, whether they may still go: stopped, consent, caps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from notifications.marketing.consent import get_given
from notifications.marketing.models import Campaign, Reach
from notifications.marketing.policy import next_allowed
from notifications.marketing.states import CampaignState
from notifications.models import Delivery, Notice
from notifications.preferences.resolution import Recipients, apply_rulings
from notifications.preferences.rules import SEND, Outcome, Ruling, wait


STOPPED: Final = Ruling(outcome=Outcome.CANCEL, code="campaign_stopped")
NO_CONSENT: Final = Ruling(outcome=Outcome.CANCEL, code="no_consent")
BY_CAP: Final = "frequency_cap"


def heed_campaigns(
    rows: Sequence[Delivery],
    notices: Mapping[UUID, Notice],
    recipients: Recipients,
    *,
    now: datetime,
) -> list[Delivery]:
    """Cancel or put off what may not be sent; count the rest, and return it."""
    campaigns = Campaign.objects.in_bulk({notices[row.notice_id].event_id for row in rows})
    people = {row.pk: recipients[row.recipient_id].person_id for row in rows}
    scopes = {each.scope for each in campaigns.values()}
    given = get_given(set(people.values()), scopes)
    rulings: dict[UUID, Ruling] = {}
    for row in rows:
        campaign = campaigns.get(notices[row.notice_id].event_id)
        if campaign is None or campaign.state != CampaignState.RUNNING:
            rulings[row.pk] = STOPPED
        elif (people[row.pk], campaign.scope) not in given:
            rulings[row.pk] = NO_CONSENT
        else:
            rulings[row.pk] = SEND
    _heed_caps(rows, rulings, people, now=now)
    apply_rulings(rulings)
    return [row for row in rows if rulings[row.pk] is SEND]


def _heed_caps(
    rows: Sequence[Delivery],
    rulings: dict[UUID, Ruling],
    people: Mapping[UUID, UUID],
    *,
    now: datetime,
) -> None:
    """Count each first try, person by person under their lock; a retry was counted before."""
    first = [row for row in rows if rulings[row.pk] is SEND and not row.attempts]
    ids = {people[row.pk] for row in first}
    # In one order, so that no two claims wait in a circle.
    locked = Reach.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    reaches = {reach.pk: reach for reach in locked}
    for row in first:
        reach = reaches[people[row.pk]]
        allowed_at = next_allowed(reach.sent, now=now)
        if allowed_at > now:
            rulings[row.pk] = wait(until=allowed_at, expires_at=row.expires_at, code=BY_CAP)
        else:
            reach.note(now=now)
    Reach.objects.bulk_update(reaches.values(), ["recent"])
