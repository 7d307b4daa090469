"""Writing streams: advance heads, store entries, ring after COMMIT."""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from json import JSONEncoder
from typing import Any, Final
from uuid import UUID
from zlib import crc32

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from core.bell import bell
from core.changes import JsonText, insert
from core.environment import environment
from core.events.audiences import rows_for
from core.events.facts import Fact, Row
from core.events.models import Event, Stream, StreamEntry
from core.statements import database, execute


def _default(value: Any) -> Any:
    """Keep microseconds, which Django's encoder drops: versions may be milliseconds apart."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return _django.default(value)


_django: Final = DjangoJSONEncoder()
# Made once, where `json.dumps` would make one for each value; nothing here refers to itself.
_encoder: Final = JSONEncoder(
    default=_default, ensure_ascii=False, check_circular=False, separators=(",", ":")
)


def encode(value: Any) -> str:
    """JSON text: compact, with the letters of every language as they are."""
    return _encoder.encode(value)


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
                    data=JsonText(encode(fact.data)),
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
        bell.ring(group, {"ev": entries, "sent": time.time()})
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
    views: dict[int, str] = {}
    entries = []
    for fact, row in changes:
        if id(row.view) not in views:  # facts of one transaction share what they show
            views[id(row.view)] = encode(row.view)
        following[row.topic] += 1
        entries.append(
            StreamEntry(
                topic=row.topic,
                seq=following[row.topic],
                body=_body(fact, row, following[row.topic], views[id(row.view)]),
                created_at=fact.occurred_at,
            )
        )
    return entries


def _body(fact: Fact, row: Row, seq: int, view: str) -> str:
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
    return f'{encode(body)[:-1]},"d":{view}}}'


def _advance(counts: dict[str, int]) -> dict[str, int]:
    """Add each count to its topic's head, locking in sorted order; return the new heads."""
    values = ", ".join(["(%s, %s, 0)"] * len(counts))
    if database().vendor == "mysql":
        tail = "ON DUPLICATE KEY UPDATE head = head + VALUES(head)"
    else:
        tail = "ON CONFLICT (topic) DO UPDATE SET head = head + excluded.head"
    table = database().ops.quote_name(Stream._meta.db_table)
    parameters = [value for item in counts.items() for value in item]
    statement = f"INSERT INTO {table} (topic, head, floor) VALUES {values} {tail}"  # noqa: S608
    if database().features.can_return_rows_from_bulk_insert:
        returning = f"{statement} RETURNING topic, head"
        return dict(map(tuple, execute(returning.encode(), parameters).rows))
    execute(statement.encode(), parameters)
    return dict(Stream.objects.filter(topic__in=counts).values_list("topic", "head"))
