"""The page of a shop's programs, for its owner and operators."""

from uuid import UUID

from django.http import HttpResponse

from core.errors import NotAllowed, NotFound
from notifications.webhooks.access import access_owned_merchant
from notifications.webhooks.bodies import FAMILIES
from web.pages import PersonRequest, for_people, page


@for_people
def webhooks(request: PersonRequest, merchant_id: UUID) -> HttpResponse:
    """Where the shop's events go, what came of each, and the buttons for it."""
    try:
        merchant = access_owned_merchant(request.user, merchant_id)
    except NotAllowed as error:
        raise NotFound from error
    data = {"merchant_id": str(merchant.pk), "families": sorted(FAMILIES)}
    return page(request, "webhooks.html", context={"merchant": merchant}, data=data)
