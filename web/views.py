"""The pages, each with what its script needs to start; the rest comes live."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.api.moments import moment_of
from core.environment import environment
from core.legs.proving import qr_text
from core.merchants.models import Merchant
from core.merchants.queries import (
    access_merchant,
    get_menu,
    get_merchant,
    get_merchants_after,
    is_taking_orders,
)
from core.merchants.views import get_standing
from core.orders.access import access_order
from core.orders.models import Order
from core.orders.policy import BY_CUSTOMER, BY_MERCHANT, TIMINGS
from core.people.models import Membership
from core.people.queries import get_memberships, get_roles
from web.pages import PersonRequest, for_people, page
from web.qr import qr_image


SHOWN_SHOPS = 100
SHOWN_ORDERS = 30


@for_people
def home(request: PersonRequest) -> HttpResponse:
    """Doors to the pages of each role that the person has."""
    orders = Order.objects.filter(customer=request.user).select_related("merchant")
    context = {
        "roles": get_roles(request.user),
        "memberships": get_memberships(request.user),
        "orders": orders.order_by("-created_at")[:SHOWN_ORDERS],
    }
    return page(request, "home.html", context=context)


@for_people
def shops(request: PersonRequest) -> HttpResponse:
    """Shops to order from; the script sorts them by distance once it knows the place."""
    now = moment_of(request)
    found = get_merchants_after(None, limit=SHOWN_SHOPS)
    listed = [
        (shop, is_taking_orders(shop, now), shop.preparation_minutes_at(now)) for shop in found
    ]
    listed.sort(key=lambda row: not row[1])
    return page(request, "shops.html", context={"shops": listed})


@for_people
def shop(request: PersonRequest, merchant_id: UUID) -> HttpResponse:
    """Menu and basket of one shop."""
    merchant = get_merchant(merchant_id)
    person = request.user
    data = {
        "merchant": _place(merchant) | {"currency": merchant.currency},
        "standing": get_standing(merchant, moment_of(request)),
        "items": get_menu(merchant_id),
        "contact": {"name": person.name, "phone": person.phone},
        "online_payment": environment().payment_provider != "none",
        "zone": {
            "latitude": merchant.zone.latitude,
            "longitude": merchant.zone.longitude,
            "radius_metres": merchant.zone.radius_metres,
        },
    }
    return page(request, "shop.html", context={"merchant": merchant}, data=data)


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
def order(request: PersonRequest, order_id: UUID) -> HttpResponse:
    """Tracking of one order, for everybody who takes part in it."""
    found, role = access_order(request.user, order_id)
    data = {
        "order_id": str(found.pk),
        # Not in the stream, which couriers and staff may follow, too.
        "handover_code": found.handover_code if role == "customer" else "",
        "handover_qr": qr_image(qr_text(found)) if role == "customer" else "",
        "role": role,
        "reasons": sorted(BY_CUSTOMER),
        "spans": spans(),
    }
    return page(request, "order.html", context={"order": found}, data=data)


@for_people
def courier(request: PersonRequest) -> HttpResponse:
    """A courier's shift, offers and jobs."""
    if not request.user.is_courier:
        raise Http404
    first = Merchant.objects.order_by("pk").first()
    near = {"latitude": first.latitude, "longitude": first.longitude} if first else None
    return page(request, "courier.html", data={"near": near, "spans": spans()})


def offline(request: HttpRequest) -> HttpResponse:
    """What the service worker shows when the network is away."""
    return page(request, "offline.html")


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
