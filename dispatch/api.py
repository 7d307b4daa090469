"""What couriers and operators read of dispatch over HTTP; commands come from the gate."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.api.moments import ApiRequest
from core.database import read_snapshot
from core.errors import NotAllowed, NotFound
from core.merchants.models import Zone
from core.people.models import Person
from dispatch.earnings import get_courier_pay, get_zone_pay
from dispatch.models import CourierSearch, CourierShift, Offer
from dispatch.positions.queries import put_in_place
from dispatch.positions.trail import get_trail
from dispatch.queries import get_active_legs
from dispatch.states import OfferState
from dispatch.views import pin_view, shift_view


router = Router(tags=["dispatch"])

MOST_SHIFTS = 500
PAY_SPAN = timedelta(days=7)

Minutes = Annotated[int, Field(ge=1, le=24 * 60)]


class Span(BaseModel):
    """From when, and until when; the last week unless given."""

    model_config = ConfigDict(frozen=True)

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def within(self, now: datetime) -> tuple[datetime, datetime]:
        """Both ends, as of `now`."""
        until = self.until or now
        return self.since or until - PAY_SPAN, until


@router.get("/couriers/me", operation_id="my_shift", summary="My shift, offers and legs.")
def my_shift(request: ApiRequest) -> dict[str, Any]:
    """Return where the courier stands: on line or not, what is offered, what is carried."""
    if not request.auth.is_courier:
        raise NotAllowed("only couriers have shifts")
    with read_snapshot():
        shift = CourierShift.objects.filter(pk=request.auth.pk).first()
        offers = Offer.objects.filter(courier=request.auth, state=OfferState.OPEN)
        return {
            "shift": _shift(shift) if shift else None,
            "offers": [offer.view() for offer in offers.order_by("offered_at", "pk")],
            "legs": [
                {"id": leg.id, "order_id": leg.order_id, "state": leg.state}
                for leg in get_active_legs(request.auth.pk)
            ],
        }


@router.get("/offers/{offer_id}", operation_id="get_offer", summary="One offer made to me.")
def get_offer(request: ApiRequest, offer_id: UUID) -> dict[str, Any]:
    """Return the offer as the courier saw it, and how it ended."""
    offer = Offer.objects.filter(pk=offer_id, courier=request.auth).first()
    if offer is None:
        raise NotFound
    return offer.view()


@router.get("/couriers", operation_id="list_couriers", summary="Couriers and where they are.")
def list_couriers(request: ApiRequest, *, online: bool = True) -> dict[str, Any]:
    """Return the couriers seen last, at most 500; for operators."""
    require_operator(request.auth)
    shifts = CourierShift.objects.select_related("person").order_by("-last_seen_at", "pk")
    rows = [shift for shift in shifts[:MOST_SHIFTS] if shift.is_online or not online]
    put_in_place(rows)
    return {"couriers": [{"name": row.person.name, **_shift(row)} for row in rows]}


@router.get("/legs/{leg_id}/search", operation_id="get_search", summary="Why this courier.")
def get_search(request: ApiRequest, leg_id: UUID) -> dict[str, Any]:
    """Return the leg's search: its last ranking, every offer and the reason; for operators."""
    require_operator(request.auth)
    with read_snapshot():
        search = CourierSearch.objects.select_related("leg", "pinned_to").filter(pk=leg_id).first()
        if search is None:
            raise NotFound
        offers = Offer.objects.filter(leg_id=leg_id).select_related("courier")
        return {
            "leg_id": search.pk,
            "state": search.leg.state,
            "courier_id": search.leg.courier_id,
            "round": search.round,
            "rung": search.leg.search_rung,
            "started_at": search.started_at,
            "held_at": search.held_at,
            "ended_at": search.ended_at,
            "excluded": search.excluded,
            "pin": pin_view(search),
            "ranking": search.ranking,
            "assignment_reason": search.leg.assignment_reason,
            "couriers": _names(search),
            "offers": [_offer(offer) for offer in offers.order_by("offered_at", "pk")],
        }


@router.get("/couriers/me/earnings", operation_id="my_earnings", summary="What I was promised.")
def my_earnings(request: ApiRequest, span: Annotated[Span, Query(...)]) -> dict[str, Any]:
    """Return fees and bonuses of what the courier delivered, in the last week unless asked."""
    if not request.auth.is_courier:
        raise NotAllowed("only couriers have earnings")
    since, until = span.within(request.moment)
    sums = get_courier_pay(request.auth.pk, since=since, until=until)
    return {"since": since, "until": until, "sums": sums}


@router.get("/zones/{zone_id}/pay", operation_id="zone_pay", summary="What a zone promised.")
def zone_pay(
    request: ApiRequest, zone_id: UUID, span: Annotated[Span, Query(...)]
) -> dict[str, Any]:
    """Return fees and bonuses of what was delivered in the zone; for operators."""
    require_operator(request.auth)
    if not Zone.objects.filter(pk=zone_id).exists():
        raise NotFound
    since, until = span.within(request.moment)
    sums = get_zone_pay(zone_id, since=since, until=until)
    return {"since": since, "until": until, "sums": sums}


@router.get("/couriers/{courier_id}/trail", operation_id="get_trail", summary="Where one was.")
def get_courier_trail(
    request: ApiRequest, courier_id: UUID, minutes: Minutes = 60
) -> dict[str, Any]:
    """Return where the courier was in the last minutes, one point in 15 s; for operators."""
    require_operator(request.auth)
    since = request.moment - timedelta(minutes=minutes)
    return {
        "points": [
            {
                "latitude": point.latitude,
                "longitude": point.longitude,
                "accuracy_metres": point.accuracy_metres,
                "at": point.at,
            }
            for point in get_trail(courier_id, since=since)
        ]
    }


def require_operator(person: Person) -> None:
    """Let operators read on.

    :raises NotAllowed: anybody else.
    """
    if not person.is_operator:
        raise NotAllowed("only operators see the whole fleet")


def _names(search: CourierSearch) -> dict[str, str]:
    """Names by courier id, of all whom the ranking and the reason speak of."""
    rankings = (search.ranking, search.leg.assignment_reason.get("ranking", {}))
    spoken_of = {
        key for each in rankings for part in ("scores", "skipped") for key in each.get(part, ())
    }
    people = Person.objects.filter(pk__in=spoken_of).values_list("pk", "name")
    return {str(key): name for key, name in people}


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "courier": {"id": offer.courier_id, "name": offer.courier.name},
        "score": offer.reason.get("score"),
        "decline_reason": offer.decline_reason,
        **offer.view(),
    }


def _shift(shift: CourierShift) -> dict[str, Any]:
    return {
        **shift_view(shift),
        "active_count": shift.active_count,
        "latitude": shift.latitude,
        "longitude": shift.longitude,
        "position_at": shift.position_at,
    }
