"""MariaDB behind a line that stalls and breaks."""

import asyncio
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoDbBlocker

from tests.faults.conftest import Board, Installation, watched
from tests.faults.history import head_of
from tests.faults.pipe import Pipe
from tests.realtime.conftest import Shop, make_shop
from tests.realtime.node import Node
from tests.services import redis


COMMANDS = 60
SILENT_SECONDS = 7.0
"""More than two ping intervals."""


@pytest.fixture(scope="module")
def to_database() -> Iterator[Pipe]:
    with Pipe(urlsplit(os.environ["DATABASE_URL"]).port or 3306) as pipe:
        yield pipe


@pytest.fixture(scope="module")
def behind(
    to_database: Pipe, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Installation]:
    """Run two nodes whose database is behind the pipe."""
    url = urlsplit(os.environ["DATABASE_URL"])
    address = f"{url.username}@127.0.0.1:{to_database.port}"
    with redis() as bus, Pipe(bus.port) as to_bus:
        environment = {
            "REDIS_URL": bus.url,
            "DATABASE_URL": url._replace(netloc=address).geturl(),
        }
        with (
            Node("daphne", environment=environment, ping_seconds=3) as one,
            Node("uvicorn", environment=environment, ping_seconds=3) as two,
        ):
            yield Installation([one, two], bus, to_bus)


@pytest.fixture
def far_shop(behind: Installation, to_database: Pipe, transactional_db: None) -> Iterator[Shop]:
    yield make_shop(behind.nodes[0])
    to_database.heal()


async def say_often(board: Board) -> None:
    for number in range(COMMANDS):
        await board.say(str(number))


class TestSlowDatabase:
    async def test_is_waited_for(
        self, behind: Installation, to_database: Pipe, far_shop: Shop
    ) -> None:
        async with watched(far_shop, behind.clients(far_shop)) as board:
            await board.say("before")
            to_database.hold()
            waiting = asyncio.create_task(board.say("meanwhile"))
            await asyncio.wait([waiting], timeout=SILENT_SECONDS)
            assert not waiting.done()
            to_database.heal()
            await waiting
            await board.verify()
            assert await head_of(far_shop.topic) == 2
            assert [client.close_codes for client in board.clients] == [[], []]


class TestBrokenDatabase:
    async def test_carries_out_each_command_once(
        self, behind: Installation, to_database: Pipe, far_shop: Shop
    ) -> None:
        async with watched(far_shop, behind.clients(far_shop)) as board:
            saying = asyncio.create_task(say_often(board))
            while not saying.done():
                await asyncio.wait([saying], timeout=0.3)
                await asyncio.to_thread(to_database.cut)
            await saying
            await board.verify()
            assert await head_of(far_shop.topic) == COMMANDS
            assert [client.close_codes for client in board.clients] == [[], []]

    async def test_is_found_again_after_it_was_away(
        self, behind: Installation, to_database: Pipe, far_shop: Shop
    ) -> None:
        async with watched(far_shop, behind.clients(far_shop)) as board:
            await board.say("before")
            await asyncio.to_thread(to_database.close)
            waiting = asyncio.create_task(board.say("meanwhile"))
            await asyncio.wait([waiting], timeout=SILENT_SECONDS)
            assert not waiting.done()
            to_database.heal()
            await waiting
            await board.verify()
            assert await head_of(far_shop.topic) == 2
