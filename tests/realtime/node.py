"""A web node of its own process, on a free port, on the test's own database."""

import json
import socket
import sys
from collections.abc import Mapping
from typing import Any

from django.db import connection

from core.servers import ServerName
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

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/v1"

    def prepare(self) -> None:
        """Need nothing."""

    def command(self) -> list[str]:
        database = str(connection.settings_dict["NAME"])
        options = json.dumps(
            {
                "database": database,
                "limits": self.limits,
                "environment": self.environment,
                "whole": self.whole,
            }
        )
        return [
            *(sys.executable, "-W", "ignore", "-m", "tests.realtime.serving"),
            *(self.server, str(self.port), options),
        ]

    def greeted(self, connection: socket.socket) -> bool:
        return True
