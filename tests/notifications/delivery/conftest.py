"""Fixtures of the delivery tests: the sandbox as this installation's provider."""

from collections.abc import Iterator

import pytest

from core.environment import environment
from tests.notifications.delivery.world import Outside, running_outside


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    with running_outside() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        environment.cache_clear()
        yield running
    environment.cache_clear()
