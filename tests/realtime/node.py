"""A web node of its own process, on a free port, on the test's own database."""

import json
import socket
import sys
from collections.abc import Mapping
from typing import IO, Any

from django.db import connection

from core.servers import ServerName
from tests.services.nursery import Process, begin, environment_now, found_nursery
from tests.services.server import Server


class Node(Server):
    """One server process that serves `/ws/v1` only, or the whole product."""

    def __init__(
        self,
        server: ServerName,
        *,
        environment: Mapping[str, str] | None = None,
        whole: bool = False,
        **limits: Any,
    ) -> None:
        super().__init__()
        self.server = server
        self.limits = limits
        self.environment = dict(environment or {})
        self.whole = whole
        self._nursery = found_nursery("tests.realtime.serving")

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/v1"

    def prepare(self) -> None:
        """Need nothing."""

    def command(self) -> list[str]:
        return [sys.executable, "-W", "ignore", *self._program()]

    def _program(self) -> list[str]:
        database = str(connection.settings_dict["NAME"])
        options = json.dumps(
            {
                "database": database,
                "limits": self.limits,
                "environment": self.environment,
                "whole": self.whole,
            }
        )
        return ["-m", "tests.realtime.serving", self.server, str(self.port), options]

    def _spawn(self, log: IO[bytes]) -> Process:
        """Be born from what has the settings of these tests, unless others are wanted."""
        settings, nursery = environment_now(), self._nursery
        if nursery is None or self.environment or nursery.environment != settings:
            return begin(self._program(), settings, out=log.fileno())
        return nursery.bear(self._program(), environment=settings, out=log.fileno())

    def greeted(self, connection: socket.socket) -> bool:
        return True
