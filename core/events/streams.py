"""Writing streams: advance heads, store entries, ring after COMMIT."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from json import JSONEncoder
from typing import Any, Final
from uuid import UUID
from zlib import crc32

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from core.bell import bell
from core.changes import JsonText, insert_values
from core.environment import environment
from core.events.audiences import rows_for, tell_followers
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


SCHEMA_VERSION: Final = 1


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
    actors = {fact.id: JsonText(encode(fact.actor.as_json())) for fact in facts}
    kept = {fact.id: JsonText(encode(fact.actor.as_kept())) for fact in facts if fact.actor.reason}
    insert_values(
        Event,
        [
            (
                fact.id,
                fact.type.name,
                SCHEMA_VERSION,
                fact.subject.key,
                fact.version,
                fact.occurred_at,
                kept.get(fact.id, actors[fact.id]),
                causation_id,
                correlation_id,
                JsonText(encode(fact.data)),
            )
            for fact in facts
        ],
    )
    changes = [(fact, row) for fact in facts for row in rows_for(fact)]
    tell_followers(changes)
    entries = _entries(changes, actors)
    insert_values(StreamEntry, entries)
    groups: dict[str, list[list[Any]]] = {}
    for topic, seq, body, _at in entries:
        groups.setdefault(shard_group(topic), []).append([topic, seq, body])
    if groups or wakes:
        transaction.on_commit(partial(_ring, groups, tuple(wakes)))


def _ring(groups: dict[str, list[list[Any]]], wakes: tuple[str, ...]) -> None:
    for group, entries in groups.items():
        bell.ring(group, {"ev": entries, "sent": time.time()})
    for group in wakes:
        bell.ring(group, {})


def _entries(
    changes: Sequence[tuple[Fact, Row]], actors: Mapping[UUID, str]
) -> list[tuple[str, int, str, datetime]]:
    """Rows of `StreamEntry`: topic, seq, body and moment."""
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
        seq = following[row.topic] = following[row.topic] + 1
        body = _body(fact, row, seq, actors[fact.id], views[id(row.view)])
        entries.append((row.topic, seq, body, fact.occurred_at))
    return entries


def _body(fact: Fact, row: Row, seq: int, actor: str, view: str) -> str:
    """JSON of an entry; `actor` and `view` are JSON, the rest has nothing to escape."""
    critical = row.topic.partition(":")[0] in fact.type.critical_for
    receipt = f',"crit":"{receipt_of(fact.id)}"' if critical else ""
    return (
        f'{{"seq":{seq},"key":"{row.key}","ver":{row.version},"type":"{fact.type.name}",'
        f'"at":"{fact.occurred_at.isoformat()}","actor":{actor}{receipt},"d":{view}}}'
    )


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
