"""The judge of the fault tests: every client's log against the streams, and the database."""

from collections.abc import Iterable

import pytest
from asgiref.sync import sync_to_async

from core.clock import now
from core.events.models import Stream
from core.events.queries import get_entries, get_epoch, get_snapshot
from core.invariants import find_broken
from realtime.client_history import Line, check_log, check_stream, compare_rows, line_of_body
from realtime.client_views import Row, TopicView


MOST_ENTRIES = 100_000


async def verify(views: Iterable[TopicView]) -> int:
    """Fail unless every view followed its stream to the end, and the database keeps its rules.

    Return how many events there were.
    """
    found = await sync_to_async(find_broken)()
    count = 0
    for view in views:
        problems, events = await sync_to_async(_judge)(view)
        found += [f"{view.topic}: {problem}" for problem in problems]
        count += events
    if found:
        pytest.fail("\n".join(found[:20]))
    return count


async def head_of(topic: str) -> int:
    """Sequence number of the newest committed entry."""
    heads = Stream.objects.filter(topic=topic).values_list("head", flat=True)
    return await sync_to_async(heads.first)() or 0


def _judge(view: TopicView) -> tuple[list[str], int]:
    lines = _committed(view.topic)
    head = lines[-1].seq if lines else 0
    verdict = check_log(view.log, lines, head=head)
    problems = [*check_stream(lines), *verdict.problems]
    if any(step.epoch != get_epoch() for step in view.log):
        problems.append("a step is of another epoch")
    snapshot = get_snapshot(view.topic, now=now())
    fresh = {row["key"]: Row(row["ver"], row["d"]) for row in snapshot.rows}
    difference = compare_rows(view.rows_at(now()), fresh)
    return [*problems, difference] if difference else problems, verdict.event_count


def _committed(topic: str) -> list[Line]:
    return [line_of_body(entry.body) for entry in get_entries(topic, after=0, limit=MOST_ENTRIES)]
