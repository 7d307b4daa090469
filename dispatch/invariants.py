"""What must be true of searches, offers and shifts, whoever raced with whom."""

from collections.abc import Iterator

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from core.deadlines.models import Deadline
from core.deadlines.registry import subjects_of_kinds
from core.invariants import Scope, invariant, told
from core.legs.ladder import Rung
from core.legs.models import DeliveryLeg
from core.legs.states import WITH_COURIER, WITHOUT_COURIER, LegState
from core.merchants.models import Zone
from dispatch.models import CourierSearch, CourierShift, Offer, ZoneLease
from dispatch.policy import DEADLINE_EXPIRE, DEADLINE_REVIEW, DEADLINE_ROUND
from dispatch.states import OfferState, ShiftState


@invariant
def find_astray_offers(scope: Scope) -> Iterator[str]:
    """Open offers nobody can accept or that never lapse, and offered legs without any."""
    offers = Offer.objects.filter(scope.orders("leg__order__"), state=OfferState.OPEN)
    late = offers.exclude(leg__state=LegState.OFFERED)
    yield from told(late, "offer {} is open though its leg is {}", "pk", "leg__state")
    endless = offers.filter(~Exists(_promised(DEADLINE_EXPIRE)))
    yield from told(endless, "offer {} is open and never lapses", "pk")
    beside = offers.filter(leg__search__pinned_to__isnull=False).exclude(
        courier=F("leg__search__pinned_to")
    )
    yield from told(beside, "offer {} is open beside a pin to another courier", "pk")
    away = offers.filter(
        ~Exists(CourierShift.objects.filter(pk=OuterRef("courier"), state=ShiftState.ONLINE)),
        ~Exists(_promised(DEADLINE_REVIEW, of="leg")),
    )
    yield from told(away, "offer {} is open to {}, who is off line", "pk", "courier")
    legs = DeliveryLeg.objects.filter(scope.orders("order__"), state=LegState.OFFERED)
    asked = Offer.objects.filter(leg=OuterRef("pk"), state=OfferState.OPEN)
    yield from told(legs.filter(~Exists(asked)), "leg {} is offered to nobody", "pk")
    ended = Offer.objects.filter(pk=OuterRef("subject")).exclude(state=OfferState.OPEN)
    void = Deadline.objects.filter(Exists(ended), kind=DEADLINE_EXPIRE)
    yield from told(void, "offer {} has ended and still has a deadline", "subject")


@invariant
def find_astray_pins(scope: Scope) -> Iterator[str]:
    """Searches that wait for one courier only, who is off line, and nobody will look at it."""
    pinned = CourierSearch.objects.filter(
        scope.orders("leg__order__"), pinned_to__isnull=False, ended_at__isnull=True
    )
    away = pinned.filter(
        ~Exists(CourierShift.objects.filter(pk=OuterRef("pinned_to"), state=ShiftState.ONLINE)),
        ~Exists(_promised(DEADLINE_REVIEW)),
        leg__order__held_at__isnull=True,
    )
    yield from told(away, "leg {} is pinned to {}, who is off line", "pk", "pinned_to")


@invariant
def find_legs_won_twice(scope: Scope) -> Iterator[str]:
    """Rounds of offers that more than one courier has won."""
    won = Offer.objects.filter(scope.orders("leg__order__"), state=OfferState.ACCEPTED)
    twice = won.values("leg", "round").annotate(count=Count("pk")).filter(count__gt=1)
    yield from told(twice, "leg {} was won {} times in round {}", "leg", "count", "round")


@invariant
def find_idle_searches(scope: Scope) -> Iterator[str]:
    """Legs without a courier for which nobody looks, or will look again."""
    legs = DeliveryLeg.objects.filter(scope.orders("order__"))
    unsought = legs.filter(search__isnull=True)
    yield from told(unsought, "leg {} is {} and was never sought for", "pk", "state")
    open_legs = legs.filter(state__in=WITHOUT_COURIER)
    given_up = open_legs.filter(search__ended_at__isnull=False)
    yield from told(given_up, "leg {} is {} and nobody looks any more", "pk", "state")
    held = Q(order__held_at__isnull=False)
    frozen = open_legs.filter(~held, search__held_at__isnull=False)
    yield from told(frozen, "the search of leg {} is held, its order is not", "pk")
    waiting = open_legs.filter(
        ~held, ~Exists(_promised(DEADLINE_ROUND)), search__held_at__isnull=True
    )
    yield from told(waiting, "the search of leg {} has no next look", "pk")
    low = open_legs.filter(~held, ~Exists(_promised(*Rung)), search__held_at__isnull=True)
    yield from told(low, "the search of leg {} has no next rung", "pk")
    # Of a held order everything stands still, also what its leg is promised after the search.
    moving = CourierSearch.objects.filter(
        Q(leg__order__held_at__isnull=True) | Q(ended_at__isnull=True),
        pk=OuterRef("subject"),
        held_at__isnull=True,
    )
    kept = Deadline.objects.filter(
        Exists(moving),
        kind__in=subjects_of_kinds()[DeliveryLeg],
        held_at__isnull=False,
    )
    yield from told(kept, "{} is frozen though the search of leg {} is not", "kind", "subject")


@invariant
def find_needless_searches(scope: Scope) -> Iterator[str]:
    """Searches that go on, or wait for a plan, though their leg needs nobody or is held."""
    searches = CourierSearch.objects.filter(scope.orders("leg__order__"))
    running = searches.exclude(leg__state__in=WITHOUT_COURIER).filter(ended_at__isnull=True)
    yield from told(running, "leg {} is {} and still sought for", "pk", "leg__state")
    held = searches.filter(
        ended_at__isnull=True, held_at__isnull=True, leg__order__held_at__isnull=False
    )
    yield from told(held, "leg {} is sought for though its order is held", "pk")
    idle = _without_plan(searches)
    yield from told(idle, "leg {} waits for a plan that it does not need", "pk")
    stopped = CourierSearch.objects.filter(
        Q(ended_at__isnull=False) | Q(held_at__isnull=False), pk=OuterRef("subject")
    )
    void = Deadline.objects.filter(
        Exists(stopped), kind__in=[DEADLINE_ROUND, *Rung], held_at__isnull=True
    )
    yield from told(void, "the search of leg {} rests and still has {}", "subject", "kind")


def _without_plan(searches: QuerySet[CourierSearch]) -> QuerySet[CourierSearch]:
    rests = Q(ended_at__isnull=False) | Q(held_at__isnull=False)
    return searches.filter(rests, plan_wanted_at__isnull=False)


@invariant
def find_miscounted_loads(scope: Scope) -> Iterator[str]:
    """Couriers whose count of legs is not that of the legs they have."""
    carried = DeliveryLeg.objects.filter(courier=OuterRef("pk"), state__in=WITH_COURIER)
    counted = carried.order_by().values("courier").annotate(n=Count("pk")).values("n")
    shifts = CourierShift.objects.annotate(
        legs=Coalesce(Subquery(counted, output_field=IntegerField()), 0)
    )
    wrong = shifts.exclude(active_count=F("legs"))
    yield from told(wrong, "courier {} counts {} legs and has {}", "pk", "active_count", "legs")
    searches = CourierSearch.objects.filter(scope.orders("leg__order__"))
    has = Q(leg__state__in=WITH_COURIER)
    mistaken = searches.filter(
        (has & (Q(courier__isnull=True) | ~Q(courier=F("leg__courier"))))
        | (~has & Q(courier__isnull=False))
    )
    line = "leg {} counts for {} and is {}'s"
    yield from told(mistaken, line, "pk", "courier", "leg__courier")


@invariant
def find_astray_zones(_scope: Scope) -> Iterator[str]:
    """Leases of zones that are gone."""
    gone = ZoneLease.objects.filter(~Exists(Zone.objects.filter(pk=OuterRef("pk"))))
    yield from told(gone, "zone {} is gone and {} owns it", "pk", "owner")


def _promised(*kinds: str, of: str = "pk") -> QuerySet[Deadline]:
    return Deadline.objects.filter(kind__in=kinds, subject=OuterRef(of), held_at__isnull=True)
