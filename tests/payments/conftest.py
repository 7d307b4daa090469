"""A town whose orders are paid online, and a provider that really answers."""

from collections.abc import Iterator

import pytest

from core.environment import environment
from notifications.sandbox.server import RunningSandbox, start_in_thread
from tests.api.town import Town, build_town


@pytest.fixture
def town(db: None) -> Town:
    """A shop, its people and a customer."""
    return build_town()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[RunningSandbox]:
    """One provider for all tests; each uses charges of its own."""
    running = start_in_thread("127.0.0.1", 0, callback_secret=environment().sandbox_secret)
    yield running
    running.stop()


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point the product at the provider; its base URL."""
    use_provider(running_sandbox.url, monkeypatch)
    return running_sandbox.url


def use_provider(url: str, monkeypatch: pytest.MonkeyPatch, public_url: str = "") -> None:
    """Let the product believe in a provider at `url`, and itself be found at `public_url`."""
    env = environment()
    told = {"sandbox_url": url, "public_url": public_url or env.public_url}
    changed = env.model_copy(update=told)
    monkeypatch.setattr("core.payments.provider.environment", lambda: changed)
