"""What must be true of texts and calls at any moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef

from core.clock import clock
from core.invariants import Scope, invariant, told
from notifications.channels.result import Outcome
from notifications.conclusions import UNREPEATABLE
from notifications.invariants import made_since
from notifications.lanes import Lane
from notifications.models import Attempt, Delivery, Spending
from notifications.states import DeliveryState
from notifications.texting.asking import LAST_ASK_SECONDS


LOST: Final = "lost"
MAYBE_TAKEN: Final = (Outcome.SENT, Outcome.UNKNOWN, LOST)
"""Ends of a try after which another one might be seen, heard and paid for twice."""
DAY: Final = timedelta(days=1)


@invariant
def find_texts_sent_again(scope: Scope) -> Iterator[str]:
    """Texts and calls that went again by themselves though the vendor may have taken them."""
    tries = Attempt.objects.filter(
        made_since(scope, "delivery__notice__"),
        delivery__channel__in=list(UNREPEATABLE),
        outcome__in=MAYBE_TAKEN,
        # What went before a replay went again by an operator's word.
        number__gt=F("delivery__spent_count"),
    )
    later = Attempt.objects.filter(delivery=OuterRef("delivery"), number__gt=OuterRef("number"))
    again = tries.filter(Exists(later))
    return told(again, "text {} went again after try {}: {}", "delivery_id", "number", "outcome")


@invariant
def find_doubts_that_stay(scope: Scope) -> Iterator[str]:
    """Texts of which nobody knows whether they arrived, and no vendor will be asked."""
    known_late = clock().now() - clock().technical(LAST_ASK_SECONDS)
    fresh = Attempt.objects.filter(delivery=OuterRef("pk"), started_at__gte=known_late)
    doubtful = Delivery.objects.filter(
        made_since(scope), state=DeliveryState.UNCERTAIN, ask_at__isnull=True
    ).exclude(provider="")
    stay = doubtful.filter(Exists(fresh))
    return told(stay, "text {} is uncertain, and {} is not asked", "pk", "provider")


@invariant
def find_overcharged_days(scope: Scope) -> Iterator[str]:
    """Days on which a vendor was charged for more texts than it was given."""
    charged = Spending.objects.filter(count__gt=0)
    if scope.since is not None:
        charged = charged.filter(day__gte=scope.since.astimezone(UTC).date())
    for spent in charged.order_by("day", "provider", "channel").iterator():
        begins_at = datetime.combine(spent.day, time(), UTC)
        given_count = _given_between(spent, begins_at, begins_at + DAY)
        if spent.count > given_count:
            yield f"{spent.provider} was given {given_count} on {spent.day}, not {spent.count}"


def _given_between(spent: Spending, begins_at: datetime, ends_at: datetime) -> int:
    """Tries of that day, and what is under way or was settled before its answer came."""
    # Every state is named so that the index of due rows serves; a try is never far from its time.
    near = Delivery.objects.filter(
        lane=Lane.SERVICE,
        channel=spent.channel,
        state__in=list(DeliveryState),
        due_at__gte=begins_at - DAY,
        due_at__lt=ends_at + DAY,
        provider__gt="",
        attempts__gt=0,
    )
    tries = Attempt.objects.filter(
        delivery__in=near,
        provider=spent.provider,
        started_at__gte=begins_at,
        started_at__lt=ends_at,
    )
    ended = Attempt.objects.filter(delivery=OuterRef("pk"), number=OuterRef("attempts"))
    untold = near.filter(provider=spent.provider).exclude(Exists(ended))
    return tries.count() + untold.count()
