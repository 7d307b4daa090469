"""The page of campaigns: of a shop for its owner, of the platform for operators."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse

from core.errors import NotAllowed, NotFound
from core.merchants.queries import get_merchant
from notifications.marketing.models import scope_of
from notifications.marketing.policy import CAPS, LONGEST_CAMPAIGN, WORDING, WORDINGS
from notifications.marketing.progress import get_audience_count
from notifications.marketing.queries import access_sender
from web.languages import locale_of
from web.pages import PersonRequest, for_people, page


LIFES: Final = (1, 3, 7, 14, 30)
"""Days for which a campaign may be sent."""


@for_people
def of_shop(request: PersonRequest, merchant_id: UUID) -> HttpResponse:
    """What the shop tells those who agreed to hear it."""
    return _page(request, merchant_id)


@for_people
def of_platform(request: PersonRequest) -> HttpResponse:
    """What the platform itself tells."""
    return _page(request, None)


def _page(request: PersonRequest, merchant_id: UUID | None) -> HttpResponse:
    try:
        access_sender(request.user, merchant_id)
    except NotAllowed as error:
        raise NotFound from error
    merchant = get_merchant(merchant_id) if merchant_id is not None else None
    context = {
        "merchant": merchant,
        "wording": WORDINGS[WORDING][locale_of(request)],
        "days": [days for days in LIFES if days <= LONGEST_CAMPAIGN.days],
    }
    data: dict[str, Any] = {
        "merchant_id": str(merchant_id) if merchant_id is not None else None,
        "audience_count": get_audience_count(scope_of(merchant_id)),
        "caps": [{"days": cap.span.days, "most": cap.most} for cap in CAPS],
    }
    return page(request, "campaigns.html", context=context, data=data)
