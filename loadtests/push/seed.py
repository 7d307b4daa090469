"""Make the people who are pushed to, and pushes that are due; print as JSON what that took.

Usage: `python -m loadtests.push.seed people SUBSCRIPTIONS_FILE`
or     `python -m loadtests.push.seed pushes COUNT DATABASE_PID LEAD_SECONDS`
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from loadtests.measure.processes import cpu_seconds


if TYPE_CHECKING:
    from notifications.models import RecipientNotice

PORTION = 100
"""Rows of one statement, as campaigns are planned."""
_LIFE = timedelta(hours=2)


def make_people(subscriptions: Path) -> None:
    from core.people.models import Person  # noqa: PLC0415 - needs Django's apps
    from notifications.subscriptions import Registration, subscribe  # noqa: PLC0415

    now = datetime.now(UTC)
    for number, each in enumerate(json.loads(subscriptions.read_text(encoding="utf-8"))):
        person = Person.objects.create(phone=f"+8613{number:09}", name=f"Person {number}")
        keys = each["keys"]
        fresh = Registration(endpoint=each["endpoint"], **keys)
        subscribe(person=person, fresh=fresh, now=now)
    print(json.dumps({"people": number + 1}))


class Meter:
    """CPU of this process and of the database server, in microseconds a row."""

    def __init__(self, database_pid: int) -> None:
        self._pid = database_pid
        self.client_seconds = self.server_seconds = 0.0

    @contextmanager
    def on(self) -> Iterator[None]:
        # In this order: to look at the server costs the client something.
        server, client = cpu_seconds(self._pid), time.process_time()
        yield
        self.client_seconds += time.process_time() - client
        self.server_seconds += cpu_seconds(self._pid) - server


def make_pushes(count: int, database_pid: int, lead_seconds: float) -> None:
    """Make them due all at once, `lead_seconds` from now, when all are committed."""
    from django.db import transaction  # noqa: PLC0415

    from core.people.models import Person  # noqa: PLC0415

    now = datetime.now(UTC)
    due_at = now + timedelta(seconds=lead_seconds)
    people = list(Person.objects.order_by("phone").values_list("pk", flat=True))
    meter, tags = Meter(database_pid), []
    with transaction.atomic():
        for at in range(0, count, PORTION):
            portion = range(at, min(count, at + PORTION))
            rows = make_inbox([people[number % len(people)] for number in portion], now)
            tags += [str(row.notice_id) for row in rows]
            _make_deliveries(rows, due_at, meter)
    if lead_seconds and datetime.now(UTC) > due_at:
        sys.exit("making them took longer than until they were due")
    print(
        json.dumps(
            {
                "tags": tags,
                "due_at": due_at.timestamp(),
                "insert_client_us": 1e6 * meter.client_seconds / count,
                "insert_server_us": 1e6 * meter.server_seconds / count,
            }
        )
    )


def make_inbox(people: Sequence[Any], now: datetime) -> "Sequence[RecipientNotice]":
    """Write a notice for each of them; return their rows of the inbox."""
    from core.changes import insert  # noqa: PLC0415
    from core.identifiers import new_id  # noqa: PLC0415
    from notifications.models import Notice, RecipientNotice  # noqa: PLC0415
    from notifications.policies import ORDER_ACCEPTED  # noqa: PLC0415

    notices = [
        Notice(
            id=new_id(),
            event_id=new_id(),
            template=ORDER_ACCEPTED.template,
            category=ORDER_ACCEPTED.category,
            variables={"number": number, "shop": "Noodle House in the Old Town"},
            topic=f"user:{person}",
            subject=f"order:{new_id()}",
            order_id=new_id(),
            created_at=now,
            expires_at=now + _LIFE,
        )
        for number, person in enumerate(people)
    ]
    insert(notices)
    insert(
        [
            RecipientNotice(notice=notice, person_id=person, locale="zh-CN")
            for notice, person in zip(notices, people, strict=True)
        ]
    )
    return list(RecipientNotice.objects.filter(notice__in=notices).order_by("pk"))


def _make_deliveries(rows: "Sequence[RecipientNotice]", due_at: datetime, meter: Meter) -> None:
    from notifications.escalation import Channel, Condition  # noqa: PLC0415
    from notifications.hot_statements import Planned, insert_deliveries  # noqa: PLC0415

    with meter.on():
        insert_deliveries(
            Planned(
                notice_id=row.notice_id,
                recipient_id=row.pk,
                channel=Channel.PUSH,
                step=1,
                condition=Condition.UNANSWERED,
                due_at=due_at,
                expires_at=due_at + _LIFE,
            )
            for row in rows
        )


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "people":
        make_people(Path(sys.argv[2]))
    else:
        make_pushes(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
