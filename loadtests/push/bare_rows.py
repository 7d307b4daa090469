"""The rows of pushes by bare mysqlclient: their cost where nothing is decided and nothing sent.

Usage: `python -m loadtests.push.bare_rows COUNT DATABASE_PID`

The same table and indexes, the same portions, the least that a claim and a finish must say: which
rows are due, a lease, an end, an attempt each. It prints microseconds a delivery as JSON.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import django

from loadtests.push.seed import PORTION, Meter, make_inbox


if TYPE_CHECKING:
    from notifications.models import RecipientNotice

CLAIM: Final = 200
LIFE: Final = timedelta(hours=2)

_INSERT: Final = (
    "INSERT INTO notifications_delivery (id, notice_id, recipient_id, lane, channel, step,"
    " `condition`, is_loud, state, due_at, expires_at, attempts, spent_count, replay_count,"
    " provider, provider_id, code) VALUES (%s, %s, %s, 'service', 'push', 1, 'unanswered', 0,"
    " 'pending', %s, %s, 0, 0, 0, '', '', '')"
)
_DUE: Final = (
    "SELECT id, notice_id, recipient_id FROM notifications_delivery WHERE lane = 'service'"
    " AND channel = 'push' AND state = 'pending' AND due_at <= %s ORDER BY due_at LIMIT %s"
    " FOR UPDATE SKIP LOCKED"
)
_LEASE: Final = (
    "UPDATE notifications_delivery SET state = 'leased', lease_until = %s,"
    " attempts = attempts + 1 WHERE id IN %s"
)
_OURS: Final = "SELECT id, attempts FROM notifications_delivery WHERE id IN %s FOR UPDATE"
_FINISH: Final = (
    "UPDATE notifications_delivery SET state = 'sent', code = 'http_201', lease_until = NULL"
    " WHERE id IN %s"
)
_ATTEMPT: Final = (
    "INSERT INTO notifications_attempt (delivery_id, number, subscription_id, started_at,"
    " finished_at, outcome, code, provider, provider_id)"
    " VALUES (%s, 1, 1, %s, %s, 'sent', 'http_201', '', '')"
)


def insert(cursor: Any, rows: Sequence["RecipientNotice"], now: datetime) -> None:
    """Write a portion of deliveries that are due."""
    from core.identifiers import new_id  # noqa: PLC0415 - needs Django's apps

    cursor.executemany(
        _INSERT, [(str(new_id()), str(row.notice_id), row.pk, now, now + LIFE) for row in rows]
    )


def claim(cursor: Any, now: datetime) -> list[str]:
    """Lease a portion of what is due; return its keys."""
    cursor.execute(_DUE, (now, CLAIM))
    ids = [row[0] for row in cursor.fetchall()]
    if ids:
        cursor.execute(_LEASE, (now, ids))
    return ids


def finish(cursor: Any, ids: Sequence[str], now: datetime) -> None:
    """Write how a portion ended."""
    cursor.execute(_OURS, (ids,))
    ours = [row[0] for row in cursor.fetchall()]
    cursor.execute(_FINISH, (ours,))
    cursor.executemany(_ATTEMPT, [(each, now, now) for each in ours])


def main(count: int, database_pid: int) -> None:
    from django.db import connection  # noqa: PLC0415 - needs Django's apps

    from core.people.models import Person  # noqa: PLC0415

    people = list(Person.objects.order_by("phone").values_list("pk", flat=True))
    aware = datetime.now(UTC)
    now = aware.replace(tzinfo=None)
    meters = {name: Meter(database_pid) for name in ("insert", "claim", "finish")}
    link: Any = connection.connection
    with link.cursor() as cursor:
        for at in range(0, count, PORTION):
            rows = make_inbox(
                [people[number % len(people)] for number in range(at, at + PORTION)], aware
            )
            with meters["insert"].on():
                cursor.execute("BEGIN")
                insert(cursor, rows, now)
                link.commit()
        claimed = []
        with meters["claim"].on():
            while ids := _transaction(link, cursor, claim, now):
                claimed.append(ids)
        with meters["finish"].on():
            for ids in claimed:
                _transaction(link, cursor, finish, ids, now)
    print(
        json.dumps(
            {
                "left": count - sum(map(len, claimed)),
                **{
                    f"{name}_client": _us(each.client_seconds, count)
                    for name, each in meters.items()
                },
                **{
                    f"{name}_server": _us(each.server_seconds, count)
                    for name, each in meters.items()
                },
            }
        )
    )


def _transaction(link: Any, cursor: Any, deed: Any, *arguments: Any) -> Any:
    cursor.execute("BEGIN")
    found = deed(cursor, *arguments)
    link.commit()
    return found


def _us(seconds: float, count: int) -> float:
    return round(1e6 * seconds / count, 1)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]))
