"""A web process that is told to stop: what it answers until it has, and how it ends."""

import json
import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any, cast

import pytest

from core.servers import ServerName
from tests.realtime.node import Node


class Web(Node):
    """A node that serves the whole product, and takes its time to leave when told to."""

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Ask over HTTP."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def begin_to_leave(self) -> None:
        """Send SIGTERM and wait until it has been heard."""
        self.signal(signal.SIGTERM)
        give_up_at = time.monotonic() + 90
        while self.get("/readyz")[0] == 200:
            assert time.monotonic() < give_up_at
            time.sleep(0.02)


@pytest.fixture(params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, transactional_db: None) -> ServerName:
    return cast("ServerName", request.param)


@pytest.fixture
def quick(server: ServerName) -> Iterator[Web]:
    with Web(server, whole=True) as node:
        yield node


@pytest.fixture
def slow(server: ServerName) -> Iterator[Web]:
    with Web(server, whole=True, environment={"PAIDAN_UNREADY_SECONDS": "60"}) as node:
        yield node


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_the_first_ends_it_cleanly(self, quick: Web, number: int) -> None:
        quick.signal(number)
        assert quick.wait() == 0

    def test_the_second_ends_it_at_once(self, slow: Web) -> None:
        slow.begin_to_leave()
        slow.signal(signal.SIGTERM)
        assert slow.wait() == -signal.SIGTERM


class TestReadiness:
    def test_fails_while_everything_else_is_still_served(self, slow: Web) -> None:
        assert slow.get("/readyz") == (200, {"status": "ready"})
        slow.begin_to_leave()
        assert slow.get("/readyz") == (503, {"status": "leaving"})
        assert slow.get("/healthz") == (200, {"status": "live"})
