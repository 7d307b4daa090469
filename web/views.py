"""The pages, each with what its script needs to start; the rest comes live."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from core.merchants.models import Merchant
from core.merchants.queries import (
    access_merchant,
)
from core.orders.policy import BY_MERCHANT, TIMINGS
from core.people.models import Membership
from web.pages import PersonRequest, for_people, page


SHOWN_SHOPS = 100
SHOWN_ORDERS = 30


@for_people
def board(request: PersonRequest, merchant_id: UUID) -> HttpResponse:
    """Order board of one shop, for its people."""
    merchant = access_merchant(request.user, merchant_id)
    staff = Membership.objects.filter(merchant=merchant).select_related("person")
    data = {
        "merchant": _place(merchant),
        "staff": {str(row.person_id): row.person.name for row in staff},
        "reasons": sorted(BY_MERCHANT),
        "spans": spans(),
    }
    mine = next((row for row in staff if row.person_id == request.user.pk), None)
    owns = request.user.is_operator or (mine is not None and mine.is_owner)
    context = {"merchant": merchant, "owns": owns}
    return page(request, "board.html", context=context, data=data)


@for_people
def board_of_notice(_request: PersonRequest, merchant_id: UUID) -> HttpResponse:
    """Send the links in notices to the board."""
    return redirect("web:board", merchant_id=merchant_id)


@for_people
def courier(request: PersonRequest) -> HttpResponse:
    """A courier's shift, offers and jobs."""
    if not request.user.is_courier:
        raise Http404
    first = Merchant.objects.order_by("pk").first()
    near = {"latitude": first.latitude, "longitude": first.longitude} if first else None
    return page(request, "courier.html", data={"near": near, "spans": spans()})


def _place(merchant: Merchant) -> dict[str, Any]:
    return {
        "id": str(merchant.pk),
        "name": merchant.name,
        "latitude": merchant.latitude,
        "longitude": merchant.longitude,
    }


def spans() -> dict[str, float]:
    """Seconds of the countdowns that the pages draw as rings."""
    return {
        "accept": TIMINGS.accept.total_seconds(),
        "payment": TIMINGS.payment.total_seconds(),
        "cancellation": TIMINGS.cancellation_answer.total_seconds(),
        "pickup": TIMINGS.pickup_answer.total_seconds(),
        "adjustment": TIMINGS.adjustment_answer.total_seconds(),
        "free_cancellation": TIMINGS.free_cancellation.total_seconds(),
    }
