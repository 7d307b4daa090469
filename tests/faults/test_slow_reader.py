"""A reader of 1 KB a second: it costs the others nothing, and ends up with everything."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import cast

import pytest
from pytest_django import DjangoDbBlocker

from core.servers import ServerName
from realtime.client import Client
from realtime.client_terms import Patience
from tests.faults.conftest import SECONDS, Board, watched
from tests.faults.history import head_of, verify
from tests.faults.pipe import Pipe
from tests.realtime.conftest import Shop, make_shop
from tests.realtime.node import Node


READERS = 4
ROUNDS = 15
MOST_ROUNDS = 200
TEXT = "x" * 4500
TEXTS_PER_ROUND = 12
SLOW_BYTES_PER_SECOND = 1024
SLOW_ROUND_SECONDS = TEXTS_PER_ROUND * len(TEXT) / SLOW_BYTES_PER_SECOND
"""What each round would take if everybody waited for the slow reader."""
OUTBOX_BYTES = 256 * 1024
MARGIN_MB = 16.0
"""What an interpreter's heap may grow by while 2 MB pass through it."""
SLOW = Patience(least=3.0, most=4.0, silent_pings=100.0)
"""A frame may take this reader longer than most would wait for a sign of life."""


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def quiet_node(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Node]:
    with Node(cast("ServerName", request.param)) as node:
        yield node


@pytest.fixture
def shop(quiet_node: Node, transactional_db: None) -> Shop:
    return make_shop(quiet_node)


def rss_mb(node: Node) -> float:
    pages = int(Path(f"/proc/{node.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def publish(board: Board, *, until_closed: bool) -> tuple[list[float], int]:
    """Publish round after round, until a slow reader was closed if that is wished.

    Return how many seconds each took until all quick readers had it, and the most bytes that
    ever waited for one reader.
    """
    rounds: list[float] = []
    waiting = 0
    while len(rounds) < MOST_ROUNDS:
        began = time.monotonic()
        # Critical events, so that nothing may be coalesced away.
        await board.say(*[TEXT] * TEXTS_PER_ROUND, shout=True)
        await board.arrival()
        rounds.append(time.monotonic() - began)
        held = await board.clients[0].command("probe.hub")
        waiting = max(waiting, held["most_waiting_bytes"])
        is_closed = "4008" in held["closes"]
        if len(rounds) >= ROUNDS and (is_closed or not until_closed):
            break
    return rounds, waiting


class TestSlowReader:
    async def test_costs_others_nothing_and_catches_up_whole(
        self, quiet_node: Node, shop: Shop
    ) -> None:
        with Pipe(quiet_node.port, is_narrow=True) as pipe:
            url = f"ws://127.0.0.1:{pipe.port}/ws/v1"
            slow = Client(url, shop.ticket, patience=SLOW, log_limit=None)
            async with watched(shop, [shop.client() for _ in range(READERS)]) as board, slow:
                view = await slow.subscribe(shop.topic)
                without, _ = await publish(board, until_closed=False)
                before_mb = rss_mb(quiet_node)
                pipe.bytes_per_second = SLOW_BYTES_PER_SECOND
                beside, waiting = await publish(board, until_closed=True)
                grown_mb = rss_mb(quiet_node) - before_mb
                pipe.heal()
                head = await head_of(shop.topic)
                await slow.until(lambda: view.seq >= head, seconds=SECONDS)
                await verify([view])
                assert slow.close_codes
                closes = await board.clients[0].command("probe.closes")
                await board.verify()
                assert [client.close_codes for client in board.clients] == [[]] * READERS
        print(
            f"median round {median(without):.4f} s, beside a slow reader {median(beside):.4f} s; "
            f"{waiting} bytes waited, {grown_mb:.1f} MB grown"
        )
        assert closes.get("4008", 0) >= 1
        assert OUTBOX_BYTES / 4 < waiting <= OUTBOX_BYTES + len(TEXT) * 2
        assert grown_mb < MARGIN_MB
        assert median(beside) < SLOW_ROUND_SECONDS / 2
