"""What presence writes, and how little: the real rows, without a socket."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from core.clock import real_now
from core.identifiers import new_id
from core.people.models import Person
from core.presence.models import Device, WebNode
from realtime import presence as module
from realtime.presence import Condition, Presence
from realtime.protocol import Health
from realtime.topics import Topic, TopicKind
from realtime.visitors import Guest, Known, Visitor
from tests.builders import make_merchant, make_person


class Follower:
    """A session without a socket."""

    def __init__(self, visitor: Visitor, *, is_stream: bool = False) -> None:
        self.id = new_id()
        self.visitor = visitor
        self.is_stream = is_stream


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person()


@pytest.fixture
def board(person: Person) -> Topic:
    return Topic(TopicKind.MERCHANT, make_merchant().pk)


@pytest.fixture
def presence() -> Presence:
    return Presence()


async def count() -> int:
    return await sync_to_async(Device.objects.count)()


class TestWriting:
    async def test_says_nothing_while_nothing_changes(
        self, presence: Presence, person: Person, board: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        presence.joined(Follower(Known(person)), board)
        await presence.write()
        written: list[object] = []
        monkeypatch.setattr(module, "_write", lambda *_, **__: written.append(1))
        await presence.write()
        assert not written

    async def test_says_nothing_of_those_who_are_no_device(
        self, presence: Presence, person: Person, board: Topic
    ) -> None:
        presence.joined(Follower(Guest(board.id, real_now())), board)
        for kind in (TopicKind.ORDER, TopicKind.USER, TopicKind.COURIER):
            presence.joined(Follower(Known(person)), Topic(kind, board.id))
        await presence.write()
        assert presence.device_count == 0
        assert not await sync_to_async(WebNode.objects.exists)()

    async def test_never_tells_of_who_left_at_once(
        self, presence: Presence, person: Person, board: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        follower = Follower(Known(person))
        presence.joined(follower, board)
        presence.left(follower, str(board))
        monkeypatch.setattr(module, "_write", None)
        await presence.write()

    async def test_removes_a_device_from_every_board_it_showed(
        self, presence: Presence, person: Person, board: Topic
    ) -> None:
        follower = Follower(Known(person))
        presence.joined(follower, board)
        presence.joined(follower, Topic(TopicKind.COURIER, UUID(str(person.pk))))
        await presence.write()
        assert await count() == 2
        presence.ended(follower)
        presence.ended(follower)
        await presence.write()
        assert await count() == 0

    async def test_spreads_a_crowd_over_seconds(
        self, presence: Presence, person: Person, board: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "DEVICES_AT_ONCE", 2)
        for _ in range(3):
            presence.joined(Follower(Known(person)), board)
        await presence.write()
        assert await count() == 2
        await presence.write()
        assert await count() == 3


class TestPolls:
    async def test_take_over_the_place_of_the_last_one(
        self, presence: Presence, person: Person, board: Topic
    ) -> None:
        rows = []
        for _ in range(3):
            poll = Follower(Known(person), is_stream=True)
            presence.joined(poll, board)
            presence.ended(poll)
            await presence.write()
            rows.append(await sync_to_async(Device.objects.get)())
        assert len({row.pk for row in rows}) == 1
        assert presence.device_count == 0

    async def test_are_gone_when_none_follows(
        self, presence: Presence, person: Person, board: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        polls = [Follower(Known(person), is_stream=True) for _ in range(2)]
        for poll in polls:
            presence.joined(poll, board)
        await presence.write()
        monkeypatch.setattr(module, "LINGER_SECONDS", 0.0)
        for poll in polls:
            presence.ended(poll)
        await presence.write()
        assert await count() == 0


class TestTrouble:
    async def test_of_the_database_delays_and_loses_nothing(
        self, presence: Presence, person: Person, board: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = Follower(Known(person)), Follower(Known(person))
        presence.joined(first, board)
        presence.joined(second, board)
        with monkeypatch.context() as broken:
            broken.setattr(module, "_write", failing(lambda: presence.ended(second)))
            await presence.write()
        await presence.write()
        assert await count() == 1
        presence.ended(first)
        with monkeypatch.context() as broken:
            broken.setattr(module, "_write", failing(lambda: None))
            await presence.write()
        await presence.write()
        assert await count() == 0

    async def test_of_being_thought_dead_is_mended(
        self, presence: Presence, person: Person, board: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "RENEW_SECONDS", 0.0)
        presence.joined(Follower(Known(person)), board)
        await presence.write()
        await sync_to_async(WebNode.objects.all().delete)()
        assert await count() == 0
        await presence.write()
        await presence.write()
        assert await count() == 1
        node = await sync_to_async(WebNode.objects.get)()
        assert node.pk == presence.node_id
        assert node.until > real_now()


class TestHealth:
    @pytest.mark.parametrize(
        ("before", "told", "is_news"),
        [
            ({}, {"battery": 0.5}, True),
            ({"battery": 0.5}, {"battery": 0.47}, False),
            ({"battery": 0.5}, {"battery": 0.45}, True),
            ({"battery": 0.16}, {"battery": 0.15}, True),
            ({"sound": True}, {"sound": True}, False),
            ({"sound": True}, {"sound": False}, True),
            ({"hidden": False, "battery": 0.5}, {"hidden": True}, True),
            ({"charging": True}, {}, False),
        ],
    )
    def test_is_written_when_it_matters(
        self, before: dict[str, Any], told: dict[str, Any], *, is_news: bool
    ) -> None:
        known = Condition().after(Health(**before))
        assert known.after(Health(**told)).is_news_after(known) is is_news

    def test_of_a_stranger_is_overheard(self, presence: Presence) -> None:
        presence.heard(Follower(Guest(UUID(int=1), real_now())), Health(sound=True))
        assert presence.device_count == 0


def failing(meanwhile: Callable[[], None]) -> Callable[..., bool]:
    def write(*_: object, **__: object) -> bool:
        meanwhile()
        raise OperationalError("gone away")

    return write
