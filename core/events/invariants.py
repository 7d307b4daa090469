"""What must be true of streams: whoever follows one can miss nothing."""

from collections.abc import Iterator

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from core.events.models import Stream, StreamEntry
from core.invariants import Scope, invariant, told


@invariant
def find_stream_gaps(scope: Scope) -> Iterator[str]:
    """Streams whose entries between floor and head are not exactly one for each number."""
    entries = StreamEntry.objects.filter(topic=OuterRef("topic"))
    told_of = entries.order_by().values("topic")
    new = Q() if scope.since is None else Q(created_at__gte=scope.since)
    touched = Q() if scope.since is None else Q(Exists(entries.filter(new)))
    streams = Stream.objects.filter(touched).annotate(
        count=Coalesce(Subquery(told_of.annotate(n=Count("seq")).values("n")), 0),
        first=Coalesce(Subquery(told_of.annotate(n=Min("seq")).values("n")), F("floor") + 1),
        last=Coalesce(Subquery(told_of.annotate(n=Max("seq")).values("n")), F("floor")),
    )
    whole = Q(first=F("floor") + 1, last=F("head"), head=F("floor") + F("count"))
    line = "stream {} has {} entries between {} and {}"
    yield from told(streams.exclude(whole), line, "topic", "count", "floor", "head")
    headless = StreamEntry.objects.filter(
        new, ~Exists(Stream.objects.filter(topic=OuterRef("topic")))
    )
    yield from told(headless.distinct(), "stream {} has entries and no head", "topic")
