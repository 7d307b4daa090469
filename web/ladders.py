"""The page of ladders, for operators: who is told what, and when, if nobody acts."""

from typing import Final

from django.http import Http404, HttpResponse

from core.merchants.models import Merchant
from notifications.ladders.steps import LAST_SECONDS, MOST_STEPS
from web.pages import PersonRequest, for_people, page


SHOPS_SHOWN: Final = 500


@for_people
def ladders(request: PersonRequest) -> HttpResponse:
    """Every ladder, for everybody or for one shop; what is right, the commands decide."""
    if not request.user.is_operator:
        raise Http404
    shops = Merchant.objects.order_by("name", "pk").values_list("pk", "name")[:SHOPS_SHOWN]
    data = {"most_steps": MOST_STEPS, "last_seconds": LAST_SECONDS}
    return page(request, "ladders.html", context={"shops": shops}, data=data)
