"""What positions acknowledge: asked together, bounded, and without the database's help lost."""

import asyncio
from collections.abc import Collection
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError

from core.events.queries import Entry
from core.people.models import Person
from realtime import confirmations as module
from realtime import database
from realtime import history as histories
from realtime.confirmations import Confirmations
from realtime.feeds import RING_EVENTS, Feed
from realtime.history import History
from tests.unit.realtime.test_outbox import event


Owed = dict[tuple[UUID, str], set[str]]


class Notices:
    """Who owes what, and what was marked."""

    def __init__(self) -> None:
        self.owed: Owed = {}
        self.asked: list[int] = []
        self.marked: list[tuple[UUID, list[str]]] = []
        self.is_down = False

    def get(self, people: Collection[UUID]) -> Owed:
        self.asked.append(len(people))
        if self.is_down:
            raise OperationalError
        return self.owed

    def mark(self, *, person: Person, receipts: Collection[str], **_: object) -> int:
        self.marked.append((person.pk, sorted(receipts)))
        return len(receipts)


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> Notices:
    notices = Notices()
    # The lane's threads may hold a connection of an earlier test.
    monkeypatch.setattr(database, "close_old_connections", lambda: None)
    monkeypatch.setattr(module, "get_undelivered", notices.get)
    monkeypatch.setattr(module, "mark_delivered", notices.mark)
    return notices


def feed(*receipts: str, topic: str = "merchant:1") -> Feed:
    """A topic whose ring has events with these receipts, or none for an empty one."""
    made = Feed(topic)
    made.open("k3", 0)
    made.offer_all((seq, event(seq, receipt=each).body) for seq, each in enumerate(receipts, 1))
    return made


async def settled(confirmations: Confirmations) -> None:
    async with asyncio.timeout(30):
        while confirmations._task is not None:
            await asyncio.wait({confirmations._task})


class TestConfirmations:
    async def test_mark_what_is_owed_up_to_the_position(self, notices: Notices) -> None:
        person, board = Person(pk=uuid4()), feed("r_1", "", "r_3", "r_4")
        notices.owed = {(person.pk, board.topic): {"r_1", "r_3", "r_4", "r_old"}}
        confirmations = Confirmations(History())
        confirmations.claim(person, board, 3)
        await settled(confirmations)
        assert notices.marked == [(person.pk, ["r_1", "r_3"])]

    async def test_ask_for_everybody_at_once(self, notices: Notices) -> None:
        confirmations = Confirmations(History())
        for _ in range(module.PEOPLE + 1):
            confirmations.claim(Person(pk=uuid4()), feed("r_1"), 1)
        await settled(confirmations)
        assert notices.asked == [module.PEOPLE, 1]

    @pytest.mark.parametrize(("topic", "seq"), [("user:1", 1), ("merchant:1", 2)])
    async def test_ask_for_nothing_where_nothing_is_said(
        self, notices: Notices, topic: str, seq: int
    ) -> None:
        confirmations = Confirmations(History())
        confirmations.claim(Person(pk=uuid4()), feed("r_1", topic=topic), seq)
        await settled(confirmations)
        assert notices.asked == []

    async def test_fill_a_ring_once_when_something_is_owed(
        self, notices: Notices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        history, people = History(), [Person(pk=uuid4()) for _ in range(3)]
        board = Feed("merchant:1")
        board.open("k3", RING_EVENTS)
        bodies = [event(seq, receipt=f"r_{seq}").body for seq in range(1, RING_EVENTS + 1)]
        entries = [Entry(board.topic, seq, body) for seq, body in enumerate(bodies, 1)]
        monkeypatch.setattr(histories, "_read_tail", lambda *_, **__: ("k3", entries))
        notices.owed = {(person.pk, board.topic): {"r_7"} for person in people}
        confirmations = Confirmations(history)
        for person in people:
            confirmations.claim(person, board, RING_EVENTS)
        await settled(confirmations)
        assert notices.marked == [(person.pk, ["r_7"]) for person in people]
        assert history.read_count == 1

    async def test_are_lost_with_the_database(self, notices: Notices) -> None:
        person, board = Person(pk=uuid4()), feed("r_1")
        notices.owed = {(person.pk, board.topic): {"r_1"}}
        notices.is_down = True
        confirmations = Confirmations(History())
        confirmations.claim(person, board, 1)
        await settled(confirmations)
        notices.is_down = False
        confirmations.claim(person, board, 1)
        await settled(confirmations)
        assert notices.marked == [(person.pk, ["r_1"])]

    async def test_are_bounded(self, notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_WAITING", 5)
        confirmations = Confirmations(History())
        for _ in range(9):
            confirmations.claim(Person(pk=uuid4()), feed("r_1"), 1)
        await settled(confirmations)
        assert sum(notices.asked) == 5
