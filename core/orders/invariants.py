"""What must be true of orders, their legs and their money, whatever has happened."""

from collections.abc import Iterator

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.deadlines.models import Deadline
from core.deadlines.registry import subjects_of_kinds
from core.invariants import Scope, invariant, told
from core.legs.models import DeliveryLeg
from core.legs.states import ENDED, WITH_COURIER, WITHOUT_COURIER
from core.orders.models import Order
from core.orders.policy import DEADLINE_HOLD, DEADLINE_RELEASE_AT, Fulfilment
from core.orders.states import State
from core.payments.models import Payment
from core.payments.states import PAID, UNPAID, PaymentState, RefundState


SEARCHING = (State.ACCEPTED, State.PREPARING, State.READY, State.HANDED_OVER)


@invariant
def find_orphan_legs(scope: Scope) -> Iterator[str]:
    """Legs that outlive their order, or that nobody has though they are on the way."""
    legs = DeliveryLeg.objects.filter(scope.orders("order__"))
    outlive = legs.filter(order__ended_at__isnull=False).exclude(state__in=ENDED)
    yield from told(outlive, "leg {} is {} though its order has ended", "pk", "state")
    alone = legs.filter(courier__isnull=True, state__in=WITH_COURIER)
    yield from told(alone, "leg {} is {} without a courier", "pk", "state")
    taken = legs.filter(courier__isnull=False, state__in=WITHOUT_COURIER)
    yield from told(taken, "leg {} is {} though {} has it", "pk", "state", "courier")
    endless = legs.filter(ended_at__isnull=True, state__in=ENDED)
    yield from told(endless, "leg {} is {} without an end", "pk", "state")


@invariant
def find_deliveries_without_leg(scope: Scope) -> Iterator[str]:
    """Accepted deliveries whose search for a courier neither began nor is promised."""
    orders = Order.objects.filter(
        scope.orders(),
        ~Exists(Deadline.objects.filter(subject=OuterRef("pk"), kind=DEADLINE_RELEASE_AT)),
        fulfilment=Fulfilment.DELIVERY,
        state__in=SEARCHING,
        leg__isnull=True,
    )
    yield from told(orders, "order {} has no leg", "pk")


@invariant
def find_stuck_orders(_scope: Scope) -> Iterator[str]:
    """Live orders that nothing will ever end, and promises about orders that have ended."""
    running = Exists(_promises().filter(subject=OuterRef("pk")))
    stuck = Order.objects.filter(~running, ended_at__isnull=True)
    yield from told(stuck, "order {} has no next deadline", "pk")
    ended = Order.objects.filter(ended_at__isnull=False, pk=OuterRef("subject"))
    void = _promises().filter(Exists(ended))
    yield from told(void, "order {} has ended and still has a deadline {}", "subject", "kind")


@invariant
def find_unreleased_orders(_scope: Scope) -> Iterator[str]:
    """Frozen orders that nothing will release, and promises frozen without their order."""
    release = Exists(Deadline.objects.filter(kind=DEADLINE_HOLD, subject=OuterRef("pk")))
    unreleased = Order.objects.filter(~release, held_at__isnull=False, ended_at__isnull=True)
    yield from told(unreleased, "order {} is held and has no release", "pk")
    held = Exists(Order.objects.filter(pk=OuterRef("subject"), held_at__isnull=False))
    kinds = subjects_of_kinds()[Order]
    frozen = Deadline.objects.filter(~held, kind__in=kinds, held_at__isnull=False)
    yield from told(frozen, "{} is frozen though order {} is not", "kind", "subject")
    released = Deadline.objects.filter(~held, kind=DEADLINE_HOLD)
    yield from told(released, "order {} is not held and would be released", "subject")


def _promises() -> QuerySet[Deadline]:
    kinds = subjects_of_kinds()[Order]
    return Deadline.objects.filter(kind__in=kinds, held_at__isnull=True)


@invariant
def find_money_astray(scope: Scope) -> Iterator[str]:
    """Payments whose refunds do not add up, or that outlive a cancelled order."""
    own = Q(refunds__is_of_payment=True)
    succeeded = own & Q(refunds__state=RefundState.SUCCEEDED)
    payments = Payment.objects.filter(scope.orders("order__")).annotate(
        promised=Coalesce(Sum("refunds__amount_minor", filter=own), 0),
        given=Coalesce(Sum("refunds__amount_minor", filter=succeeded), 0),
        # One order a payment; MySQL takes no bare column of another table beside sums.
        kept=Max("order__kept_minor"),
    )
    wrong = payments.filter(~Q(given=F("refunded_minor")) | Q(promised__gt=F("amount_minor")))
    line = "payment {}: {} promised and {} given back of {}"
    yield from told(wrong, line, "pk", "promised", "given", "amount_minor")
    cancelled = payments.filter(order__state=State.CANCELLED)
    unpaid = cancelled.filter(state__in=UNPAID)
    yield from told(unpaid, "payment {} is {} though its order was cancelled", "pk", "state")
    kept = cancelled.filter(state__in=PAID | {PaymentState.REFUNDED}).exclude(
        promised=F("amount_minor") - F("kept")
    )
    line = "payment {}: {} of {} goes back, and {} is kept"
    # The last is named for the database, too: some compare in HAVING only what they select.
    yield from told(kept, line, "pk", "promised", "amount_minor", "order__kept_minor")


@invariant
def find_wrong_totals(scope: Scope) -> Iterator[str]:
    """Orders that do not cost what their lines cost."""
    priced = Order.objects.filter(scope.orders()).annotate(
        lines_minor=Sum(F("lines__unit_minor") * F("lines__quantity"))
    )
    wrong = priced.exclude(lines_minor=F("items_minor"))
    yield from told(wrong, "order {} costs {}, its lines {}", "pk", "items_minor", "lines_minor")
