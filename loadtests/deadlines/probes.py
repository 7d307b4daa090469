"""What is due and what came of it, as rows: one promise a subject, one effect an act.

Effects know no constraint, so a second act leaves a second row. `acted_at` is the database's own
clock at the moment of the INSERT; it is the same machine's as the due times'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import MySQLdb
from dj_database_url import parse


KIND = "loadtest.probe"
ACT = "INSERT INTO effect (subject, acted_at, worker) VALUES (%s, UTC_TIMESTAMP(6), %s)"
_TABLES = (
    "CREATE TABLE promise (subject CHAR(32) PRIMARY KEY, due_at DATETIME(6) NOT NULL)",
    """CREATE TABLE effect (
    id BIGINT AUTO_INCREMENT PRIMARY KEY,
    subject CHAR(32) NOT NULL,
    acted_at DATETIME(6) NOT NULL,
    worker INT NOT NULL,
    INDEX (subject))""",
)
_LATENESS = """SELECT TIMESTAMPDIFF(MICROSECOND, p.due_at, MIN(e.acted_at)) / 1000, COUNT(e.id)
    FROM promise p LEFT JOIN effect e ON e.subject = p.subject
    WHERE p.due_at <= %s OR e.id IS NOT NULL GROUP BY p.subject, p.due_at"""
_DUE = f"SELECT COUNT(*) FROM core_deadline WHERE kind = '{KIND}'"
_BATCH = 2_000

DueTimes = Sequence[tuple[UUID, datetime]]
"""Subjects and their moments."""


@dataclass(frozen=True)
class Schedule:
    """`due` deadlines fall due one after the other; the others wait for long after."""

    pending: int
    due: int
    per_second: float

    @property
    def seconds(self) -> float:
        return self.due / self.per_second

    def due_times(self, begin: datetime) -> DueTimes:
        """Those that fall due, the first at `begin`."""
        return self._one_after_the_other(begin, self.due)

    def waiting_times(self, begin: datetime) -> DueTimes:
        """Those that wait for an hour longer than anybody looks."""
        return self._one_after_the_other(begin + timedelta(hours=1), self.pending - self.due)

    def _one_after_the_other(self, first: datetime, count: int) -> DueTimes:
        step = timedelta(seconds=1 / self.per_second)
        return [(uuid4(), first + number * step) for number in range(count)]


class Ledger:
    """The database of one contender."""

    def __init__(self, url: str) -> None:
        found = parse(url)
        self._link: Any = MySQLdb.connect(
            host=found["HOST"],
            port=int(found["PORT"]),
            user=found["USER"],
            database=found["NAME"],
            autocommit=True,
        )

    def _write(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._link.cursor() as cursor:
            for at in range(0, len(rows), _BATCH):
                cursor.executemany(text, rows[at : at + _BATCH])

    def make_tables(self) -> None:
        with self._link.cursor() as cursor:
            for statement in _TABLES:
                cursor.execute(statement)

    def promise(self, due_times: DueTimes) -> None:
        """Note what is to happen."""
        rows = [(subject.hex, _naive(due_at)) for subject, due_at in due_times]
        self._write("INSERT INTO promise (subject, due_at) VALUES (%s, %s)", rows)

    def set_deadlines(self, due_times: DueTimes) -> None:
        """Store the product's own rows."""
        rows = [(KIND, subject.hex, _naive(due_at)) for subject, due_at in due_times]
        columns = "(kind, subject, due_at, failures)"
        self._write(f"INSERT INTO core_deadline {columns} VALUES (%s, %s, %s, 0)", rows)

    def workers_count(self) -> int:
        """How many processes have acted at all."""
        return self._count("SELECT COUNT(DISTINCT worker) FROM effect")

    def has_due_rows(self) -> bool:
        """Whether something is due that nobody has fired yet."""
        return self._count(f"{_DUE} AND due_at <= UTC_TIMESTAMP(6)") > 0

    def forget_effects(self) -> None:
        """Forget what was done before the first promise was due."""
        with self._link.cursor() as cursor:
            cursor.execute("DELETE FROM effect")

    def acted_count(self) -> int:
        return self._count("SELECT COUNT(DISTINCT subject) FROM effect")

    def _count(self, text: str) -> int:
        with self._link.cursor() as cursor:
            cursor.execute(text)
            return int(cursor.fetchone()[0])

    def found(self, until: datetime) -> Mapping[str, Any]:
        """Count and time what was due by `until`, and whatever else happened."""
        with self._link.cursor() as cursor:
            cursor.execute(_LATENESS, (_naive(until),))
            rows = cursor.fetchall()
        late = sorted(float(ms) for ms, count in rows if count)
        return {
            "due": len(rows),
            "fired": len(late),
            "lost": len(rows) - len(late),
            "fired_twice": sum(count > 1 for _ms, count in rows),
            "early": sum(ms < 0 for ms in late),
            "p50_late_ms": _quantile(late, 0.5),
            "p99_late_ms": _quantile(late, 0.99),
            "max_late_ms": _quantile(late, 1.0),
        }

    def close(self) -> None:
        self._link.close()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
