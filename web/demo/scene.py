"""Whom the panes of the wall show: people of one busy shop, an order on its way, its courier."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from core.legs.models import DeliveryLeg
from core.legs.states import LegState
from core.merchants.models import Merchant
from core.orders.models import Order
from core.people.models import Membership, Person
from web.demo import city


STAGE = 0
"""Number of the shop whose two boards stand on the wall."""
RIDING = (LegState.PICKED_UP, LegState.AT_DROPOFF, LegState.ASSIGNED, LegState.AT_PICKUP)
"""States of legs worth watching, the best first."""


def get_scene(watched: UUID | None) -> dict[str, Any]:
    """Return who sits at which pane, and which screen it shows; `watched` stays while it lives."""
    shop = _stage()
    staff = list(
        Membership.objects.filter(merchant=shop)
        .select_related("person")
        .order_by("-is_owner", "person__phone")[:2]
    )
    order = _order_worth_watching(shop, watched)
    leg = DeliveryLeg.objects.filter(order=order).select_related("courier").first()
    courier = leg.courier if leg is not None and leg.courier else _any_courier()
    board = f"board/index?shop={shop.pk}"
    return {
        "shop": {"id": str(shop.pk), "name": shop.name},
        "order": None if order is None else _order(order, leg),
        "panes": {
            "board-a": _pane(staff[0].person, board),
            "board-b": _pane(staff[1].person, board),
            "tracking": _pane(order.customer, f"order/index?id={order.pk}") if order else None,
            "courier": _pane(courier, "courier/index") if courier else None,
            "operator": _pane(_operator(), "operator/index"),
        },
    }


def _stage() -> Merchant:
    owner = Membership.objects.get(person__phone=city.staff_phone(STAGE, 1))
    return owner.merchant


def _operator() -> Person:
    return Person.objects.get(phone=city.OPERATOR_PHONE)


def _any_courier() -> Person | None:
    return Person.objects.filter(phone=city.courier_phone(0)).first()


def _order_worth_watching(shop: Merchant, watched: UUID | None) -> Order | None:
    """Return the one that is watched while it lives; else one on its way, from our shop first."""
    live = Order.objects.filter(ended_at__isnull=True, fulfilment="delivery")
    live = live.select_related("customer")
    kept = live.filter(pk=watched).first() if watched is not None else None
    if kept is not None:
        return kept
    for state in RIDING:
        riding = live.filter(leg__state=state)
        found = riding.filter(merchant=shop).first() or riding.order_by("-created_at").first()
        if found is not None:
            return found
    return live.filter(~Q(state="pending_payment")).order_by("-created_at").first()


def _order(order: Order, leg: DeliveryLeg | None) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "number": order.number,
        "state": order.state,
        "leg": leg.state if leg is not None else "",
    }


def _pane(person: Person, screen: str) -> dict[str, str]:
    return {"person": str(person.pk), "name": person.name, "screen": screen}
