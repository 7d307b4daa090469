"""What xdist needs: workers with a tied life and their own Redis, and tests that stay together.

A plugin named in pyproject.toml, because conftest files come after Django has read its settings.
"""

import atexit
import os
import re
from typing import Any, Final

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.services import Redis
from tests.services.tether import tie_to


CHAINS: Final = (
    # Real browsers, real processes and measured patience: one at a time.
    (re.compile(r"^tests/screens/"), "browsers"),
    (re.compile(r"^tests/kill/"), "kill"),
    # Checks of one server share a hub, and are made one after the other.
    (re.compile(r"^tests/conformance/.*\[daphne\b"), "conformance of daphne"),
    (re.compile(r"^tests/conformance/"), "conformance of uvicorn"),
)
"""Tests that one worker runs, in their order; others go where there is room."""

if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker deep in a test would otherwise outlive a killed session by the length of it.
    tie_to(os.getppid())

    # Redis channels are global to a server; two workers on one would hear each other.
    if "REDIS_URL" in os.environ:
        _redis = Redis()
        atexit.register(_redis.close)
        _redis.start()
        os.environ["REDIS_URL"] = _redis.url


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """End the run when a worker died: its test would take the next worker along, and so on."""
    if error:
        session = node.config.pluginmanager.getplugin("dsession")
        session.shouldstop = f"{node.gateway.id} died; its last words are above"


class Chains(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out chains, the longest first, and then single tests in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return next((name for pattern, name in CHAINS if pattern.search(nodeid)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Chains:
    """Schedule by chains, whatever `--dist` says.

    Not by the mark `xdist_group`: its names do not survive in the ids that pytest 9.2 gives.
    """
    return Chains(config, log)
