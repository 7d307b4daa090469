"""One zone as its plan sees it, read from legs, offers, searches and shifts alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Max

from core.legs.models import DeliveryLeg
from core.legs.states import WITH_COURIER, LegState
from core.merchants import models as merchants
from core.merchants.distance import Box, box_around, metres_between
from core.orders.models import Order
from dispatch.habits.queries import get_habits
from dispatch.matching import Courier, Handling, Leg, Point, Roads, Weights, Zone
from dispatch.models import CourierShift, Offer
from dispatch.offers import dropoff_of
from dispatch.policy import (
    LONGEST_TRIP_METRES,
    PLAN_EVERY,
    STALE_POSITION,
    Vehicle,
    ZonePolicy,
)
from dispatch.positions.queries import around, put_in_place
from dispatch.queries import MOST_CANDIDATES, REFUSING
from dispatch.states import OfferState, ShiftState
from dispatch.travel.selection import travel
from dispatch.zones.memory import Times
from dispatch.zones.moment import MINUTE, Moment, ready_of
from dispatch.zones.ways import prepare_ways


MOST_LEGS: Final = 500
HANDLING: Final = Handling()
SHIFT_MINUTES: Final = 24 * 60.0
"""Nobody says when a shift ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the optimiser is told, and the rows behind it by the ids it knows."""

    zone: Zone
    waiting: Mapping[str, DeliveryLeg]
    shifts: Mapping[str, CourierShift]
    places: Mapping[str, int]
    """How many more legs each courier may be offered now."""
    moment: Moment
    asked: frozenset[str]
    """Legs that couriers are thinking about."""

    @property
    def kitchens(self) -> dict[UUID, Times]:
        """What is known of when each leg's food is ready."""
        return {
            leg.pk: (leg.order.ready_at, leg.order.promised_ready_at)
            for leg in self.waiting.values()
        }

    def metres(self, courier_id: str, leg_id: str) -> int:
        """Straight line from the courier to the leg's shop."""
        shop = self.waiting[leg_id].order.merchant
        return round(_metres(_at(self.shifts[courier_id]), (shop.latitude, shop.longitude)))


def new_roads() -> Roads:
    """Return roads that nobody has asked yet."""
    return Roads(travel().minutes)


def read_picture(zone_id: UUID, policy: ZonePolicy, *, roads: Roads, now: datetime) -> Picture:
    """Read what is to be planned and by whom.

    In a fixed number of statements, however many legs and couriers there are.
    """
    area = merchants.Zone.objects.get(pk=zone_id)
    moment = Moment(now=now, habits=get_habits(area, now=now))
    waiting = {str(leg.pk): leg for leg in _waiting(zone_id, policy, now)}
    pinned = [leg.search.pinned_to_id for leg in waiting.values() if leg.search.pinned_to_id]
    shifts = {str(shift.pk): shift for shift in _shifts(_around(area, policy), pinned, now)}
    carried = _by_courier(_carried(shifts))
    asked = _by_courier(_asked(shifts))
    refused = _refused(waiting)
    demand = moment.habits.demand
    zone = Zone(
        now=moment.minute,
        couriers=tuple(
            _courier(shift, carried.get(key, []), asked.get(key, []), moment)
            for key, shift in shifts.items()
        ),
        legs=tuple(
            _leg(leg, moment, refused.get(key, {}), policy) for key, leg in waiting.items()
        ),
        roads=new_roads() if travel().asks else roads,
        handling=HANDLING,
        weights=_weights(policy, is_expecting=bool(demand)),
        commit_ahead_minutes=PLAN_EVERY / MINUTE + policy.offer_seconds / 60,
        demand=demand,
    )
    prepare_ways(zone)
    places = {
        key: shift.capacity - shift.active_count - len(asked.get(key, []))
        for key, shift in shifts.items()
    }
    return Picture(
        zone=zone,
        waiting=waiting,
        shifts=shifts,
        places=places,
        moment=moment,
        asked=frozenset(str(leg.pk) for legs in asked.values() for leg in legs),
    )


def _weights(policy: ZonePolicy, *, is_expecting: bool) -> Weights:
    weights = Weights(late_minute=policy.late_minute, courier_minute=policy.courier_minute)
    return weights if is_expecting else replace(weights, away_minute=0.0)


def _waiting(zone_id: UUID, policy: ZonePolicy, now: datetime) -> Iterable[DeliveryLeg]:
    rows = DeliveryLeg.objects.filter(
        order__merchant__zone=zone_id,
        state=LegState.UNASSIGNED,
        search__ended_at__isnull=True,
        search__held_at__isnull=True,
        search__started_at__gt=now - policy.ask_shop_after,
    )
    return rows.select_related("order__merchant", "search").order_by("search__started_at")[
        :MOST_LEGS
    ]


def _around(zone: merchants.Zone, policy: ZonePolicy) -> Box:
    """Where couriers may be who are asked in the zone."""
    return box_around(zone.latitude, zone.longitude, zone.radius_metres + policy.board_metres)


def _shifts(box: Box, pinned: Iterable[UUID], now: datetime) -> list[CourierShift]:
    """Couriers on line and in sight, who may be looking at the next one too.

    Those whom operators have pinned to a leg of the zone come along, wherever they are.
    """
    known = CourierShift.objects.filter(
        state=ShiftState.ONLINE,
        person__is_courier=True,
        person__is_active=True,
        position_at__gte=now - STALE_POSITION,
    )
    found = {
        shift.pk: shift for shift in known.filter(around(box)).order_by("pk")[:MOST_CANDIDATES]
    }
    pins = known.filter(pk__in=set(pinned) - found.keys()).order_by("pk")
    return put_in_place([*found.values(), *pins])


def _carried(shifts: Iterable[str]) -> Iterator[tuple[str, DeliveryLeg]]:
    rows = DeliveryLeg.objects.filter(courier__in=list(shifts), state__in=sorted(WITH_COURIER))
    for leg in rows.select_related("order__merchant").order_by("assigned_at", "pk"):
        yield str(leg.courier_id), leg


def _asked(shifts: Iterable[str]) -> Iterator[tuple[str, DeliveryLeg]]:
    """Legs that couriers are thinking about: counted as theirs until they say no."""
    rows = Offer.objects.filter(courier__in=list(shifts), state=OfferState.OPEN)
    for offer in rows.select_related("leg__order__merchant").order_by("offered_at", "pk"):
        yield str(offer.courier_id), offer.leg


def _by_courier(pairs: Iterable[tuple[str, DeliveryLeg]]) -> dict[str, list[DeliveryLeg]]:
    found: dict[str, list[DeliveryLeg]] = {}
    for courier_id, leg in pairs:
        found.setdefault(courier_id, []).append(leg)
    return found


def _refused(waiting: Iterable[str]) -> dict[str, dict[str, int]]:
    """Tell for each leg who refused it, and the best extra pay they refused."""
    rows = Offer.objects.filter(leg__in=list(waiting), state__in=REFUSING)
    found: dict[str, dict[str, int]] = {}
    for leg_id, courier_id, bonus in rows.values_list("leg", "courier").annotate(
        Max("bonus_minor")
    ):
        found.setdefault(str(leg_id), {})[str(courier_id)] = bonus
    return found


def _leg(leg: DeliveryLeg, moment: Moment, refused: Mapping[str, int], policy: ZonePolicy) -> Leg:
    search = leg.search
    described = _described(leg.order, str(leg.pk), moment)
    if search.pinned_to_id is not None:
        pinned_to = str(search.pinned_to_id)
        return replace(described, pinned_to=pinned_to, vehicles=frozenset(Vehicle))
    pay = policy.step_at(moment.now - search.started_at).bonus_minor
    refusing = {courier for courier, bonus in refused.items() if bonus >= pay}
    return replace(described, excluded=frozenset({*search.excluded, *refusing}))


def _described(order: Order, leg_id: str, moment: Moment) -> Leg:
    there = dropoff_of(order)
    shop = order.merchant
    pickup, dropoff = (shop.latitude, shop.longitude), (there.latitude, there.longitude)
    promised_at = order.promised_at or ready_of(order) + 30 * MINUTE
    trip = _metres(pickup, dropoff)
    return Leg(
        id=leg_id,
        shop=str(shop.pk),
        pickup=pickup,
        dropoff=dropoff,
        placed_at=moment.minutes(order.placed_at or order.created_at),
        ready_at=moment.ready_at(order),
        promised_at=moment.minutes(promised_at),
        vehicles=frozenset(each for each in Vehicle if trip <= LONGEST_TRIP_METRES[each]),
    )


def _courier(
    shift: CourierShift, carried: list[DeliveryLeg], asked: list[DeliveryLeg], moment: Moment
) -> Courier:
    """Describe the courier as of when what is in the bag has been delivered."""
    vehicle = Vehicle(shift.vehicle)
    at, free_at = _at(shift), moment.minute
    before = (LegState.ASSIGNED, LegState.AT_PICKUP)
    bag = [leg for leg in carried if leg.state not in before]
    for leg in sorted(bag, key=lambda leg: leg.picked_up_at or moment.now):
        there = _goal(leg)
        free_at += travel().minutes(at, there, vehicle) + HANDLING.dropoff_minutes
        at = there
    ahead = [*(leg for leg in carried if leg.state in before), *asked]
    trips = tuple(_trips(ahead, shift.capacity, moment))
    if trips:
        free_at += travel().minutes(at, trips[0][0].pickup, vehicle)
        at = trips[0][0].pickup
    return Courier(
        id=str(shift.pk),
        at=at,
        free_at=free_at,
        shift_ends_at=moment.minute + SHIFT_MINUTES,
        capacity=shift.capacity,
        vehicle=vehicle,
        committed=trips,
    )


def _goal(leg: DeliveryLeg) -> Point:
    """Where a leg in the bag goes: to the customer, or back."""
    if leg.state in (LegState.FAILED, LegState.RETURNING):
        shop = leg.order.merchant
        return shop.latitude, shop.longitude
    there = dropoff_of(leg.order)
    return there.latitude, there.longitude


def _trips(legs: list[DeliveryLeg], capacity: int, moment: Moment) -> Iterator[tuple[Leg, ...]]:
    """Group what is accepted by shops, in the order of acceptance, as much as fits at a time."""
    shops: dict[UUID, list[Leg]] = {}
    for leg in legs:
        described = _described(leg.order, str(leg.pk), moment)
        shops.setdefault(leg.order.merchant_id, []).append(described)
    for together in shops.values():
        for start in range(0, len(together), capacity):
            yield tuple(together[start : start + capacity])


def _at(shift: CourierShift) -> Point:
    return shift.latitude or 0.0, shift.longitude or 0.0


def _metres(here: Point, there: Point) -> float:
    return metres_between(*here, *there)
