"""What an xdist worker needs before Django reads its settings: a tied life, its own Redis.

A plugin named in pyproject.toml, because conftest files come too late for that.
"""

import atexit
import os
from typing import Any

from tests.services import Redis
from tests.services.tether import tie_to


if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker deep in a test would otherwise outlive a killed session by the length of it.
    tie_to(os.getppid())

    # Redis channels are global to a server; two workers on one would hear each other.
    if "REDIS_URL" in os.environ:
        _redis = Redis()
        atexit.register(_redis.close)
        _redis.start()
        os.environ["REDIS_URL"] = _redis.url


def pytest_testnodedown(node: Any, error: object) -> None:
    """End the run when a worker died: its test would take the next worker along, and so on."""
    if error:
        session = node.config.pluginmanager.getplugin("dsession")
        session.shouldstop = f"{node.gateway.id} died; its last words are above"
