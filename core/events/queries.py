"""Reading streams: heads, entries after a position, snapshots, timelines."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.database import read_snapshot
from core.events.audiences import snapshot_rows
from core.events.models import Event, Installation, Stream, StreamEntry
from core.events.streams import encode
from core.identifiers import new_id
from core.people.models import Person


SHOWN_FACTS: Final = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One stream entry; `body` is the JSON object text of the frame without t, topic and p."""

    topic: str
    seq: int
    body: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A topic as of `seq`: rows are `{"key", "ver", "d"}`, JSON-able."""

    epoch: str
    seq: int
    rows: tuple[dict[str, Any], ...]


def get_epoch() -> str:
    """Return this database's epoch, naming it on first use."""
    row, _created = Installation.objects.get_or_create(id=1, defaults={"epoch": new_id().hex[-8:]})
    return row.epoch


def get_entries(topic: str, *, after: int, limit: int = 1000) -> list[Entry]:
    """Entries with a sequence number above `after`, oldest first, at most `limit`."""
    rows = StreamEntry.objects.filter(topic=topic, seq__gt=after).order_by("seq")[:limit]
    return [Entry(*row) for row in rows.values_list("topic", "seq", "body")]


def get_snapshot(topic: str, *, now: datetime) -> Snapshot:
    """Head first, then the rows, as of one moment."""
    kind, _, subject_id = topic.partition(":")
    epoch = get_epoch()
    with read_snapshot():
        seq = Stream.objects.filter(topic=topic).values_list("head", flat=True).first() or 0
        rows = snapshot_rows(kind, UUID(subject_id), now)
        return Snapshot(
            epoch,
            seq,
            tuple(
                {"key": row.key, "ver": row.version, "d": json.loads(encode(row.view))}
                for row in rows
            ),
        )


def get_timeline(subject: str) -> list[dict[str, Any]]:
    """Facts about `subject` (`kind:<uuid>`) or correlated with it, oldest first."""
    rows = Event.objects.filter(correlation_id=subject).order_by("id") | Event.objects.filter(
        subject=subject
    ).order_by("id")
    return [_fact_view(row) for row in rows]


def get_last_facts(subject: str, *, limit: int = SHOWN_FACTS) -> list[dict[str, Any]]:
    """Facts about `subject` alone, as in its timeline, the newest first, at most `limit`."""
    rows = Event.objects.filter(subject=subject).order_by("-id")[:limit]
    return [_fact_view(row) for row in rows]


def get_actors(facts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Names by id of the people who acted in a timeline, and of couriers it speaks of."""
    ids = set()
    for fact in facts:
        actor, data = fact["actor"], fact.get("data", {})
        ids |= {actor.get("id") if actor.get("type") != "provider" else None}
        ids |= {data.get("courier_id")}
    people = Person.objects.filter(pk__in=[UUID(str(each)) for each in ids if each])
    return {str(pk): name for pk, name in people.values_list("pk", "name")}


def _fact_view(row: Event) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "type": row.type,
        "subject": row.subject,
        "version": row.version,
        "at": row.occurred_at.isoformat(),
        "actor": row.actor,
        "data": row.data,
    }
