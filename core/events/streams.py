"""Writing streams: advance heads, store entries, ring after COMMIT."""

import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID
from zlib import crc32

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from core.bell import bell
from core.changes import insert
from core.environment import environment
from core.events.audiences import rows_for
from core.events.facts import Fact, Row
from core.events.models import Event, Stream, StreamEntry


class _Encoder(DjangoJSONEncoder):
    """Keeps microseconds: versions may be milliseconds apart."""

    def default(self, o: Any) -> Any:
        if hasattr(o, "isoformat"):
            return o.isoformat()
        return super().default(o)


encode = partial(json.dumps, cls=_Encoder, ensure_ascii=False, separators=(",", ":"))


def shard_group(topic: str) -> str:
    """Bus group that carries `topic`; the same on every node."""
    return f"shard-{crc32(topic.encode()) % environment().bus_shards}"


def receipt_of(event_id: UUID) -> str:
    """Receipt id of a critical event: what `seen` and `act` frames name."""
    return f"r_{event_id.hex}"


def publish(
    facts: Sequence[Fact], *, wakes: Iterable[str], correlation_id: str, causation_id: UUID | None
) -> None:
    """Store `facts` and their stream entries; the last statements of a transaction."""
    if facts:
        insert(
            [
                Event(
                    id=fact.id,
                    type=fact.type.name,
                    subject=fact.subject.key,
                    version=fact.version,
                    occurred_at=fact.occurred_at,
                    actor=fact.actor.as_json(),
                    causation_id=causation_id,
                    correlation_id=correlation_id,
                    data=json.loads(encode(fact.data)),
                )
                for fact in facts
            ]
        )
    entries = _entries([(fact, row) for fact in facts for row in rows_for(fact)])
    insert(entries)
    groups: dict[str, list[list[Any]]] = {}
    for entry in entries:
        groups.setdefault(shard_group(entry.topic), []).append(
            [entry.topic, entry.seq, entry.body]
        )
    if groups or wakes:
        transaction.on_commit(partial(_ring, groups, tuple(wakes)))


def _ring(groups: dict[str, list[list[Any]]], wakes: tuple[str, ...]) -> None:
    for group, entries in groups.items():
        bell.ring(group, {"ev": entries})
    for group in wakes:
        bell.ring(group, {})


def _entries(changes: Sequence[tuple[Fact, Row]]) -> list[StreamEntry]:
    if not changes:
        return []
    counts: dict[str, int] = {}
    for _fact, row in changes:
        counts[row.topic] = counts.get(row.topic, 0) + 1
    heads = _advance(dict(sorted(counts.items())))
    following = {topic: heads[topic] - count for topic, count in counts.items()}
    entries = []
    for fact, row in changes:
        following[row.topic] += 1
        entries.append(
            StreamEntry(
                topic=row.topic,
                seq=following[row.topic],
                body=encode(_body(fact, row, following[row.topic])),
                created_at=fact.occurred_at,
            )
        )
    return entries


def _body(fact: Fact, row: Row, seq: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "seq": seq,
        "key": row.key,
        "ver": row.version,
        "type": fact.type.name,
        "at": fact.occurred_at,
        "actor": fact.actor.as_json(),
    }
    if row.topic.partition(":")[0] in fact.type.critical_for:
        body["crit"] = receipt_of(fact.id)
    body["d"] = row.view
    return body


def _advance(counts: dict[str, int]) -> dict[str, int]:
    """Add each count to its topic's head, locking in sorted order; return the new heads."""
    values = ", ".join(["(%s, %s, 0)"] * len(counts))
    if connection.vendor == "mysql":
        tail = "ON DUPLICATE KEY UPDATE head = head + VALUES(head)"
    else:
        tail = "ON CONFLICT (topic) DO UPDATE SET head = head + excluded.head"
    table = connection.ops.quote_name(Stream._meta.db_table)
    parameters = [value for item in counts.items() for value in item]
    statement = f"INSERT INTO {table} (topic, head, floor) VALUES {values} {tail}"  # noqa: S608
    with connection.cursor() as cursor:
        if connection.features.can_return_rows_from_bulk_insert:
            cursor.execute(f"{statement} RETURNING topic, head", parameters)
            return dict(cursor.fetchall())
        cursor.execute(statement, parameters)
    return dict(Stream.objects.filter(topic__in=counts).values_list("topic", "head"))
