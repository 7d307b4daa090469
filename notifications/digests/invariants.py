"""What must be true of digests at any moment: each message is told in one, and each ends."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from core.deadlines.models import Deadline
from core.invariants import Scope, invariant, told
from notifications.digests.commands import DEADLINE
from notifications.invariants import made_since
from notifications.models import Delivery, Digest, DigestItem, Notice
from notifications.policies import DIGEST
from notifications.preferences.rules import IN_DIGEST
from notifications.states import DeliveryState


@invariant
def find_lost_from_digests(scope: Scope) -> Iterator[str]:
    """Messages that were to be gathered and are in no digest."""
    gathered = Delivery.objects.filter(
        made_since(scope), state=DeliveryState.CANCELLED, code=IN_DIGEST
    )
    lost = gathered.exclude(Exists(DigestItem.objects.filter(delivery=OuterRef("pk"))))
    return told(lost, "delivery {} was gathered into nothing", "pk")


@invariant
def find_told_beside_digests(scope: Scope) -> Iterator[str]:
    """Messages in a digest that are sent by themselves too, or that are somebody else's."""
    items = DigestItem.objects.filter(made_since(scope, "delivery__notice__"))
    ended = Q(delivery__state=DeliveryState.CANCELLED, delivery__code=IN_DIGEST)
    yield from told(items.exclude(ended), "delivery {} is gathered and sent", "delivery_id")
    strange = items.exclude(delivery__recipient__person=F("digest__person"))
    yield from told(strange, "delivery {} is in another person's digest", "delivery_id")


@invariant
def find_digests_without_end(_scope: Scope) -> Iterator[str]:
    """Digests that gather, and at no hour will be told."""
    promises = Deadline.objects.filter(kind=DEADLINE, subject=OuterRef("pk"))
    endless = Digest.objects.filter(closed_at__isnull=True).exclude(Exists(promises))
    return told(endless, "digest {} of {} is never told", "pk", "person_id")


@invariant
def find_digests_told_early(scope: Scope) -> Iterator[str]:
    """Digests that were told and go on gathering."""
    notices = Notice.objects.filter(template=DIGEST.template, event_id=OuterRef("pk"))
    since = Q() if scope.since is None else Q(due_at__gte=scope.since)
    open_ones = Digest.objects.filter(since, closed_at__isnull=True)
    return told(open_ones.filter(Exists(notices)), "digest {} was told and is open", "pk")
