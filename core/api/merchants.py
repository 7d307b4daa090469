"""Shops and their menus for everybody, their boards for their own people."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Path, Query, Router
from pydantic import BaseModel, ConfigDict, Field

from core.api.moments import ApiRequest
from core.errors import Invalid, NotAllowed
from core.events.queries import get_actors, get_last_facts, get_snapshot
from core.merchants.models import Merchant
from core.merchants.queries import (
    Place,
    access_merchant,
    get_menu,
    get_merchant,
    get_merchants_after,
    get_merchants_near,
    get_staff,
)
from core.merchants.views import get_standing, merchant_view


router = Router(tags=["merchants"])

MerchantId = Annotated[UUID, Path(...)]


class Around(BaseModel):
    """Where to look, or which page of all shops."""

    model_config = ConfigDict(frozen=True)

    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    radius_metres: float = Field(default=5000, gt=0, le=50_000)
    after: UUID | None = Field(default=None, description="The `next` of the page before.")
    limit: int = Field(default=50, ge=1, le=100)


class HalfAPlace(Invalid):
    """One coordinate without the other."""

    code = "half_a_place"
    title = "Send latitude and longitude, or neither."


@router.get("/merchants", operation_id="merchants", summary="Shops, nearest first.")
def merchants(request: ApiRequest, wanted: Annotated[Around, Query(...)]) -> dict[str, Any]:
    """Return shops around a place, or all of them page by page when no place is given."""
    if wanted.latitude is not None and wanted.longitude is not None:
        place = Place(wanted.latitude, wanted.longitude, wanted.radius_metres)
        items = [
            {**_summary(merchant, request.moment), "distance_metres": round(metres)}
            for merchant, metres in get_merchants_near(place)[: wanted.limit]
        ]
        return {"items": items, "next": None}
    if wanted.latitude is not None or wanted.longitude is not None:
        raise HalfAPlace
    found = get_merchants_after(wanted.after, limit=wanted.limit + 1)
    return {
        "items": list(_summaries(found[: wanted.limit], request.moment)),
        "next": found[wanted.limit - 1].pk if len(found) > wanted.limit else None,
    }


@router.get("/merchants/{uuid:merchant_id}", operation_id="merchant", summary="One shop.")
def merchant(request: ApiRequest, merchant_id: MerchantId) -> dict[str, Any]:
    """Return the shop, its opening hours and its menu."""
    found = get_merchant(merchant_id)
    return {
        **_summary(found, request.moment),
        "time_zone": found.zone.time_zone,
        "opening_hours": [
            {
                "weekday": row.weekday,
                "opens_at": row.opens_at.isoformat("minutes"),
                "closes_at": row.closes_at.isoformat("minutes"),
            }
            for row in found.opening_hours.order_by("weekday", "opens_at")
        ],
        "items": get_menu(merchant_id),
    }


@router.get("/merchants/{uuid:merchant_id}/menu", operation_id="menu", summary="A shop's menu.")
def menu(request: ApiRequest, merchant_id: MerchantId) -> dict[str, Any]:  # noqa: ARG001
    """Return what can be ordered, in the order of the menu."""
    return {"merchant_id": get_merchant(merchant_id).pk, "items": get_menu(merchant_id)}


@router.get("/merchants/{uuid:merchant_id}/orders", operation_id="board", summary="The board.")
def board(request: ApiRequest, merchant_id: MerchantId) -> dict[str, Any]:
    """Return the shop's live board with its stream position; for its people and operators."""
    access_merchant(request.auth, merchant_id)
    snapshot = get_snapshot(f"merchant:{merchant_id}", now=request.moment)
    return {
        "epoch": snapshot.epoch,
        "seq": snapshot.seq,
        "rows": [row for row in snapshot.rows if row["key"].startswith("order:")],
    }


@router.get("/merchants/{uuid:merchant_id}/staff", operation_id="staff", summary="Its people.")
def staff(request: ApiRequest, merchant_id: MerchantId) -> dict[str, Any]:
    """Return who works for the shop; for its people and operators."""
    access_merchant(request.auth, merchant_id)
    return {"items": get_staff(merchant_id)}


@router.get(
    "/merchants/{uuid:merchant_id}/timeline",
    operation_id="merchant_timeline",
    summary="What happened to a shop.",
)
def merchant_timeline(request: ApiRequest, merchant_id: MerchantId) -> dict[str, Any]:
    """Return its last facts, the newest first, with who caused them and why; for operators.

    `merchant` is the shop as its own people see it.
    """
    if not request.auth.is_operator:
        raise NotAllowed
    found = get_merchant(merchant_id)
    facts = get_last_facts(f"merchant:{found.pk}")
    return {"merchant": merchant_view(found), "items": facts, "people": get_actors(facts)}


def _summaries(found: Iterable[Merchant], now: datetime) -> Iterable[dict[str, Any]]:
    return (_summary(merchant, now) for merchant in found)


def _summary(merchant: Merchant, now: datetime) -> dict[str, Any]:
    return {
        "id": merchant.pk,
        "name": merchant.name,
        "kind": merchant.kind,
        "phone": merchant.phone,
        "address": merchant.address,
        "latitude": merchant.latitude,
        "longitude": merchant.longitude,
        "currency": merchant.currency,
        "delivery_fee_minor": merchant.delivery_fee_minor,
        **get_standing(merchant, now),
        "paused_until": merchant.paused_until,
        "version": merchant.version,
    }
