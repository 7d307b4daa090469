"""A sandbox with TLS: believed by a sender that was told of its authority, and by no other."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.environment import Environment, environment
from notifications.channels.result import Outcome
from notifications.channels.vapid import public_key
from notifications.channels.webpush import WebPushChannel
from notifications.providers import opened_providers
from notifications.sandbox.devices import DeviceStore
from notifications.sandbox.server import SandboxOptions, build_application, listening_url, serve
from tests.notifications.running import SECRET, VAPID_KEY
from tests.services.authority import Authority, make_authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return make_authority(tmp_path)


@pytest.fixture
async def subscription(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, object]]:
    """A device of a sandbox that speaks TLS, and the settings of a sender beside it."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(authority.certificate)
    state = tmp_path / "devices.json"
    device = DeviceStore(state_file=state).create(
        label="phone", person="Li", phone="", vapid_public_key=public_key(VAPID_KEY)
    )
    application = build_application(
        callback_secret=SECRET, options=SandboxOptions(state_file=state)
    )
    runner = await serve(application, host="127.0.0.1", port=0, tls=tls)
    url = listening_url(runner, "127.0.0.1")
    monkeypatch.setenv("PAIDAN_SANDBOX_URL", url)
    monkeypatch.setenv("PAIDAN_VAPID_PRIVATE_KEY", VAPID_KEY)
    monkeypatch.setenv("PAIDAN_SANDBOX_CA_FILE", str(authority.ca_file))
    environment.cache_clear()
    yield device.subscription(url)
    await runner.cleanup()
    monkeypatch.undo()
    environment.cache_clear()


async def sent(subscription: dict[str, object]) -> tuple[Outcome, str]:
    """Send as a sender with the present settings does."""
    async with opened_providers() as providers:
        channel = providers.push
        assert isinstance(channel, WebPushChannel)
        result = await channel.send(
            subscription, b'{"tag":"a"}', ttl_seconds=60, urgency="normal", topic=None
        )
    return result.outcome, result.code


class TestSandboxWithTls:
    async def test_takes_pushes_of_a_sender_that_trusts_its_authority(
        self, subscription: dict[str, object]
    ) -> None:
        assert str(subscription["endpoint"]).startswith("https://127.0.0.1:")
        assert await sent(subscription) == (Outcome.SENT, "http_201")

    async def test_is_not_believed_without(
        self, subscription: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PAIDAN_SANDBOX_CA_FILE")
        environment.cache_clear()
        assert await sent(subscription) == (Outcome.RETRY, "connection_refused")


class TestAuthorityOfTheSandbox:
    def test_is_refused_in_production(self, authority: Authority) -> None:
        with pytest.raises(ValidationError, match="PAIDAN_SANDBOX_CA_FILE is not for production"):
            Environment(production=True, sandbox_ca_file=authority.ca_file)
