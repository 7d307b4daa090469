"""Receipts of a session while the database is busy: one request a kind, and none is forgotten."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from itertools import chain
from uuid import uuid4

import pytest

from core.people.models import Person
from notifications.receipts import RECEIPT_LIMIT
from realtime import session as sessions
from realtime.codes import RATE
from realtime.database import LineTooLong
from realtime.hub import Hub
from realtime.protocol import Act, Seen
from realtime.requests import refusal_of
from realtime.session import Session
from realtime.visitors import Known, Visitor
from realtime.waiting_receipts import MOST_WAITING, Kind
from tests.unit.realtime.wires import PatientWire


Written = list[tuple[Kind, list[str]]]


class Database:
    """Writes receipts when a test lets it."""

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.written: Written = []

    def write(self, _visitor: Visitor, kind: Kind, receipts: Sequence[str]) -> str | None:
        self.is_open.wait(30)
        self.written.append((kind, list(receipts)))
        return None


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(sessions, "receive_receipts", database.write)
    return database


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    session = Session(Hub(), PatientWire())
    session.admit(Known(Person(pk=uuid4())))
    yield session
    session.end()


async def tell(session: Session, *frames: Seen | Act) -> None:
    """Hand frames in, the first of them long enough before the others to be under way."""
    for frame in frames:
        session.handle(frame)
        await asyncio.sleep(0)


async def settled(session: Session) -> None:
    async with asyncio.timeout(30):
        while session._worker is not None:
            await asyncio.wait({session._worker})


class TestReceipts:
    async def test_gather_in_one_request_a_kind(
        self, session: Session, database: Database
    ) -> None:
        frames = [kind(r=(f"r_{number}",)) for number in range(200) for kind in (Seen, Act)]
        await tell(session, *frames)
        assert session._requests is not None
        assert len(session._requests) <= 2
        database.is_open.set()
        await settled(session)
        names = [f"r_{number}" for number in range(200)]
        for kind in (Seen, Act):
            batches = [receipts for each, receipts in database.written if each is kind]
            assert list(chain.from_iterable(batches)) == names
            assert len(batches) <= 2
        assert not session.is_closing

    async def test_are_written_in_portions_that_the_database_takes(
        self, session: Session, database: Database
    ) -> None:
        count = RECEIPT_LIMIT + 1
        names = [f"r_{number}" for number in range(count)]
        frames = [Act(r=tuple(names[at : at + 100])) for at in range(0, count, 100)]
        for frame in frames:
            session.handle(frame)
        database.is_open.set()
        await settled(session)
        assert [len(receipts) for _kind, receipts in database.written] == [RECEIPT_LIMIT, 1]

    async def test_beyond_reason_close(self, session: Session, database: Database) -> None:
        for number in range(MOST_WAITING // 100 + 1):
            session.handle(Seen(r=tuple(f"r_{number}_{each}" for each in range(100))))
        assert session.outbox.closing == RATE
        database.is_open.set()

    async def test_are_written_after_a_line_that_was_too_long(
        self, session: Session, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_: object) -> str:
            raise LineTooLong

        database.is_open.set()
        with monkeypatch.context() as patched:
            patched.setattr(sessions, "in_database_at_once", refuse)
            await tell(session, Seen(r=("r_1",)))
            await settled(session)
        assert isinstance(session.outbox.wire, PatientWire)
        assert session.outbox.wire.texts[-1] == refusal_of(None, LineTooLong())
        await tell(session, Seen(r=("r_2",)))
        await settled(session)
        assert database.written == [(Seen, ["r_2"])]
