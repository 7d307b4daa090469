"""The database slow: sockets stay up, commands wait or are repeated, nothing is lost or twice."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from core.events.models import Stream
from tests.faults.conftest import Installation, watched
from tests.faults.history import head_of
from tests.realtime.conftest import Shop


LOCKED_SECONDS = 7.0
"""More than two ping intervals of the nodes."""


@contextmanager
def locked(topic: str) -> Iterator[None]:
    """Hold what every command on the topic needs, from another connection."""
    taken, enough = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Stream.objects.select_for_update().get(topic=topic)
                taken.set()
                enough.wait(120)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(90)
    try:
        yield
    finally:
        enough.set()
        thread.join(90)


class TestLockedDatabase:
    async def test_keeps_sockets_open_and_commands_waiting(
        self, installation: Installation, shop: Shop
    ) -> None:
        async with watched(shop, installation.clients(shop)) as board:
            await board.say("before")
            await board.arrival()
            with locked(shop.topic):
                waiting = [asyncio.create_task(board.say("x", scatter=True)) for _ in range(10)]
                await asyncio.wait(waiting, timeout=LOCKED_SECONDS)
                assert not any(task.done() for task in waiting)
            await asyncio.gather(*waiting)
            await board.verify()
            assert await head_of(shop.topic) == 11
            assert [client.close_codes for client in board.clients] == [[], []]
