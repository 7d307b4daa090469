"""What must be true of campaigns at any moment: only to who agreed, once each, not too often."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from core.clock import clock
from core.invariants import Scope, invariant, told
from notifications.invariants import made_since
from notifications.lanes import Lane
from notifications.marketing.policy import CAPS, PLATFORM
from notifications.models import Attempt, Campaign, ConsentRecord, Delivery
from notifications.policies import PLATFORM_CAMPAIGN


CLOCKS_DIFFER_SECONDS: Final = 60.0
"""A no that is younger than this at a send may have been committed after it."""


def _campaign_messages(scope: Scope) -> QuerySet[Delivery]:
    rows: QuerySet[Delivery] = Delivery.objects.filter(made_since(scope), lane=Lane.MARKETING)
    return rows


def _first_tries(scope: Scope) -> QuerySet[Attempt]:
    return Attempt.objects.filter(
        made_since(scope, "delivery__notice__"), delivery__lane=Lane.MARKETING, number=1
    )


@invariant
def find_campaigns_told_twice(scope: Scope) -> Iterator[str]:
    """People who got two messages of one campaign."""
    people = _campaign_messages(scope).values("notice__event_id", "recipient__person_id")
    twice = people.annotate(count=Count("pk")).filter(count__gt=1)
    sentence = "campaign {} was told to {} twice"
    return told(twice, sentence, "notice__event_id", "recipient__person_id")


@invariant
def find_campaigns_unheard_of(scope: Scope) -> Iterator[str]:
    """Campaign messages of no campaign, or of one whose words nobody has let out yet."""
    started = Campaign.objects.filter(pk=OuterRef("notice__event_id")).exclude(state="draft")
    astray = _campaign_messages(scope).exclude(Exists(started))
    return told(astray, "campaign message {} belongs to no started campaign", "pk")


@invariant
def find_campaigns_without_consent(scope: Scope) -> Iterator[str]:
    """Campaign messages that went to somebody whose last word was no, or who said none."""
    platform = PLATFORM_CAMPAIGN.template
    asked: Any = Case(
        When(delivery__notice__template=platform, then=Value(PLATFORM)),
        default=F("delivery__notice__subject"),
        output_field=CharField(),
    )
    tolerance = clock().technical(CLOCKS_DIFFER_SECONDS)
    records = ConsentRecord.objects.filter(
        person=OuterRef("delivery__recipient__person"),
        scope=OuterRef("asked"),
    )
    before = records.filter(at__lte=OuterRef("started_at") - tolerance).order_by("-pk")
    yes_since = records.filter(at__gt=OuterRef("started_at") - tolerance, is_given=True)
    tries = _first_tries(scope).annotate(asked=asked)
    tries = tries.annotate(
        agreed=Coalesce(Subquery(before.values("is_given")[:1]), Value(value=False))
    )
    unwanted = tries.filter(agreed=False).exclude(Exists(yes_since))
    sentence = "campaign message {} went without consent of {}"
    return told(unwanted, sentence, "delivery_id", "delivery__recipient__person_id")


@invariant
def find_campaigns_too_often(scope: Scope) -> Iterator[str]:
    """People to whom campaigns spoke more often than they may."""
    for cap in CAPS:
        tries = _first_tries(scope).annotate(count=_told_within(cap.span))
        often = tries.filter(count__gt=cap.most).distinct()
        days = cap.span / timedelta(days=1)
        sentence = f"{{}} heard {{}} campaigns within {days:.0f} days"
        yield from told(often, sentence, "delivery__recipient__person_id", "count")


def _told_within(span: timedelta) -> Any:
    """How many messages began for the person of a try in the `span` that ends with it."""
    others = Delivery.objects.filter(
        lane=Lane.MARKETING,
        recipient__person=OuterRef("delivery__recipient__person"),
        tries__number=1,
        tries__started_at__gt=OuterRef("started_at") - span,
        tries__started_at__lte=OuterRef("started_at"),
    )
    counted = others.order_by().values("lane").annotate(count=Count("pk", distinct=True))
    return Coalesce(Subquery(counted.values("count")[:1]), Value(0))
