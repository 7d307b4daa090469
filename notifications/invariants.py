"""What must be true of notices, inboxes and deliveries at any moment."""

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from core.clock import clock
from core.invariants import Scope, invariant, told
from notifications.channels.result import Outcome
from notifications.claims import ALL_CHANNELS
from notifications.conclusions import NO_SUBSCRIPTION
from notifications.escalation import Contacts
from notifications.models import Attempt, Delivery, Notice, RecipientNotice
from notifications.policies import KINDS
from notifications.states import DeliveryState


LONGEST_OVERDUE_SECONDS: Final = 600.0
"""Any sender picks up an ended lease within seconds; where none runs, somebody must know."""
CLOCKS_DIFFER_SECONDS: Final = 10.0
RECEIPT_PREFIX: Final = "receipt_"
"""Codes of deliveries that the vendor's later word has settled."""

ENDED: Final = Q(notice__acted_at__isnull=False) | Q(notice__closed_at__isnull=False)
TRIED: Final = Q(
    state__in=[DeliveryState.PENDING, DeliveryState.RETRYING, DeliveryState.UNCERTAIN],
    attempts__gt=F("spent_count"),
)
"""Deliveries whose last try has ended, with a row that says how; one replayed has had none yet."""


def made_since(scope: Scope, prefix: str = "notice__") -> Q:
    """Filter of notices, or with `prefix` of what belongs to them; by the index on their age."""
    if scope.since is None:
        return Q()
    return Q(**{f"{prefix}created_at__gte": scope.since})


def _deliveries(scope: Scope, *conditions: Q) -> QuerySet[Delivery]:
    rows: QuerySet[Delivery] = Delivery.objects.filter(made_since(scope), *conditions)
    return rows


def _tries(**conditions: Any) -> QuerySet[Attempt]:
    return Attempt.objects.filter(delivery=OuterRef("pk"), **conditions)


@invariant
def find_overdue_leases(_scope: Scope) -> Iterator[str]:
    """Deliveries that a vanished sender has kept, or that are lent without a time."""
    long_ago = clock().now() - clock().technical(LONGEST_OVERDUE_SECONDS)
    kept = Delivery.objects.leased().filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=long_ago)
    )
    return told(kept, "delivery {} was to be given back at {}", "pk", "lease_until")


@invariant
def find_leases_left_behind(scope: Scope) -> Iterator[str]:
    """Deliveries that nobody has under way and that still have a lease."""
    rows = _deliveries(scope, Q(state__in=[DeliveryState.PENDING, DeliveryState.RETRYING]))
    left = rows.filter(lease_until__isnull=False)
    return told(left, "delivery {} is {} and has a lease", "pk", "state")


@invariant
def find_needless_deliveries(scope: Scope) -> Iterator[str]:
    """Steps that still wait though somebody acted or the matter ended.

    One that was under way at that moment may come back; the next claim cancels it.
    """
    waiting = _deliveries(scope, ENDED, Q(state=DeliveryState.PENDING, attempts=0))
    return told(waiting, "delivery {} waits, but notice {} has ended", "pk", "notice_id")


@invariant
def find_miscounted_tries(scope: Scope) -> Iterator[str]:
    """Deliveries whose tries are not those that were counted."""
    beyond = _deliveries(scope).filter(Exists(_tries(number__gt=OuterRef("attempts"))))
    yield from told(beyond, "delivery {} was tried more often than {} times", "pk", "attempts")
    unknown = _deliveries(scope, TRIED).exclude(Exists(_tries(number=OuterRef("attempts"))))
    yield from told(unknown, "delivery {}: nothing is known of try {}", "pk", "attempts")


@invariant
def find_sent_without_word(scope: Scope) -> Iterator[str]:
    """Deliveries that are sent, though no provider ever said that it took one."""
    personal = [each for each in ALL_CHANNELS if each in {"push", "wechat", "sms", "call"}]
    sent = _deliveries(scope, Q(state=DeliveryState.SENT, channel__in=personal))
    told_later = Q(code__startswith=RECEIPT_PREFIX)
    unsaid = sent.exclude(told_later).exclude(Exists(_tries(outcome=Outcome.SENT)))
    return told(unsaid, "delivery {} is sent, and nobody took it", "pk")


@invariant
def find_ended_without_reason(scope: Scope) -> Iterator[str]:
    """Deliveries that were not sent, and nothing says why."""
    ends = [DeliveryState.CANCELLED, DeliveryState.EXPIRED, DeliveryState.DEAD]
    silent = _deliveries(scope, Q(state__in=ends, code=""))
    yield from told(silent, "delivery {} is {} without a reason", "pk", "state")
    spent = _deliveries(scope, Q(state=DeliveryState.DEAD)).exclude(code=NO_SUBSCRIPTION)
    untried = spent.exclude(Exists(_tries())).exclude(code__startswith=RECEIPT_PREFIX)
    yield from told(untried, "delivery {} is dead and was never tried", "pk")


@invariant
def find_steps_twice(scope: Scope) -> Iterator[str]:
    """Steps for everybody together that a notice has more than once."""
    shared = _deliveries(scope, Q(recipient__isnull=True))
    counted = shared.values("notice_id", "channel", "step").annotate(count=Count("pk"))
    twice = counted.filter(count__gt=1)
    return told(twice, "notice {} has {} at step {} twice", "notice_id", "channel", "step")


@invariant
def find_notices_without_ladder(scope: Scope) -> Iterator[str]:
    """Open notices of which nobody is ever told, and alerts without their first steps."""
    open_ones = Notice.objects.filter(
        made_since(scope, ""), acted_at__isnull=True, closed_at__isnull=True
    )
    steps = Delivery.objects.filter(notice=OuterRef("pk"))
    untold = open_ones.exclude(Exists(steps))
    yield from told(untold, "notice {} ({}) has no step", "pk", "template")
    people = RecipientNotice.objects.filter(notice=OuterRef("pk"))
    unread = open_ones.exclude(Exists(people))
    yield from told(unread, "notice {} ({}) is in nobody's inbox", "pk", "template")
    for first, templates in _first_steps().items():
        alerts = open_ones.filter(template__in=templates)
        stepless = alerts.exclude(Exists(steps.filter(step=first)))
        yield from told(stepless, "notice {} ({}) lacks its first step", "pk", "template")


def _first_steps() -> dict[int, list[str]]:
    """Templates of alerts, by the number of the step that everybody shares at once."""
    found: dict[int, list[str]] = {}
    for template, kind in KINDS.items():
        first = kind.policy.steps[0]
        if first.contacts is Contacts.SHARED and not first.after:
            found.setdefault(first.number, []).append(template)
    return found


@invariant
def find_unread_of_ended(scope: Scope) -> Iterator[str]:
    """Inbox rows that stay unread though somebody acted or the matter ended."""
    rows = RecipientNotice.objects.filter(made_since(scope), ENDED, closed_at__isnull=True)
    return told(rows, "notice {} has ended and is unread to {}", "notice_id", "person_id")


@invariant
def find_clocks_out_of_order(scope: Scope) -> Iterator[str]:
    """Notices that somebody acted upon who never had them, or inbox rows alike."""
    acted = Q(acted_at__isnull=False)
    unseen = acted & (Q(seen_at__isnull=True) | Q(delivered_at__isnull=True))
    nobody = acted & Q(acted_by__isnull=True)
    notices = Notice.objects.filter(made_since(scope, ""), unseen | nobody)
    yield from told(notices, "notice {} was acted upon and never seen", "pk")
    rows = RecipientNotice.objects.filter(made_since(scope), unseen)
    yield from told(rows, "notice {} was acted upon by {}, unseen", "notice_id", "person_id")


@invariant
def find_sends_after_act(scope: Scope) -> Iterator[str]:
    """Tries that were begun after somebody had acted or the matter had ended.

    Each moment is told by the clock of another machine, and these may differ a little.
    """
    tolerance = clock().technical(CLOCKS_DIFFER_SECONDS)
    late = Q(delivery__notice__acted_at__lt=F("started_at") - tolerance) | Q(
        delivery__notice__closed_at__lt=F("started_at") - tolerance
    )
    tries = Attempt.objects.filter(made_since(scope, "delivery__notice__"), late)
    return told(tries, "delivery {} was tried {} after the act", "delivery_id", "started_at")
