"""The demonstration's page: the whole city at a glance, and a door to everybody's view of it."""

from typing import Any
from uuid import UUID

from django.contrib.auth import login
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from core.environment import environment
from core.merchants.models import Merchant
from core.orders.models import Order
from core.people.models import Membership, Person
from web.demo import city
from web.pages import page


SHOWN_ORDERS = 12
BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_GET
def demo(request: HttpRequest) -> HttpResponse:
    """Show the city; a visitor who is nobody yet becomes its operator, who may see all."""
    if not request.user.is_authenticated:
        login(request, Person.objects.get(phone=city.OPERATOR_PHONE), backend=BACKEND)
    people = Person.objects.filter(phone__in=city.all_phones())
    owners = Membership.objects.filter(is_owner=True, person__in=people)
    context = {
        "is_operator": getattr(request.user, "is_operator", False),
        "operator": people.filter(is_operator=True).first(),
        "owners": owners.select_related("person", "merchant").order_by("pk"),
        "couriers": people.filter(is_courier=True).order_by("phone"),
        "customers": people.filter(
            is_courier=False, is_operator=False, memberships__isnull=True
        ).order_by("phone"),
        "sandbox_url": environment().sandbox_url,
        "password": city.PASSWORD,
    }
    return page(request, "demo.html", context=context, data=get_scene())


@require_GET
def scene(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  a view
    """What the page should show now, as JSON."""
    return JsonResponse(get_scene())


@require_POST
def enter(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Become somebody of the city, without a password, and go to their page."""
    person = get_object_or_404(Person, pk=person_id, phone__in=city.all_phones())
    login(request, person, backend=BACKEND)
    membership = person.memberships.first()
    if membership is not None:
        return redirect("web:board", merchant_id=membership.merchant_id)
    if person.is_operator:
        return redirect("demo:demo")
    return redirect("web:courier" if person.is_courier else "web:shops")


def get_scene() -> dict[str, Any]:
    """Addresses of the busiest board and of an order worth watching, and the newest orders."""
    live = Q(orders__ended_at__isnull=True, orders__placed_at__isnull=False)
    busiest = Merchant.objects.annotate(count=Count("orders", filter=live)).order_by("-count")
    orders = list(Order.objects.select_related("merchant").order_by("-created_at")[:SHOWN_ORDERS])
    return {
        "operator": reverse("web:operator"),
        "board": reverse("web:board", args=[busiest[0].pk]) if busiest else None,
        "order": _worth_watching(),
        "orders": [
            {
                "id": str(order.pk),
                "url": reverse("web:order", args=[order.pk]),
                "number": order.number,
                "shop": order.merchant.name,
                "state": order.state,
            }
            for order in orders
        ],
    }


def _worth_watching() -> str | None:
    """An order on its way to a door, or else the newest that lives."""
    live = Order.objects.filter(ended_at__isnull=True, fulfilment="delivery")
    order = live.filter(state="handed_over").order_by("-handed_over_at").first()
    order = order or live.order_by("-created_at").first()
    return reverse("web:order", args=[order.pk]) if order else None
