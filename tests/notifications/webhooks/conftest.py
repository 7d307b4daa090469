"""Fixtures of the webhook tests: a shop with its people, and a program that takes its events."""

from collections.abc import Iterator

import pytest

from core.clock import clock
from core.environment import environment
from tests.builders import Scene, make_scene
from tests.notifications.webhooks.receiver import Program, running_program


@pytest.fixture
def scene(transactional_db: None) -> Scene:
    """A shop and everybody around it, now: senders read the clock."""
    made = make_scene()
    made.now = clock().now()
    return made


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PAIDAN_WEBHOOK_LOOPBACK", "1")
    environment.cache_clear()
    yield
    environment.cache_clear()


@pytest.fixture
def program(loopback: None) -> Iterator[Program]:
    with running_program() as running:
        yield running
