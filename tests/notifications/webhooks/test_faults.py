"""What becomes of a message for each fault that a shop's program can have."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.clock import clock
from notifications.sandbox.faults import FaultMode
from notifications.sender import send_due_webhooks
from notifications.webhooks.models import Webhook, WebhookDelivery
from tests.builders import Scene, act
from tests.notifications.delivery.world import Outside, running_outside
from tests.notifications.webhooks.town import hurry


pytestmark = pytest.mark.usefixtures("loopback")

Ending = tuple[str, str]


@pytest.fixture
def outside() -> Iterator[Outside]:
    with running_outside() as running:
        yield running


@pytest.fixture
def wait_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what makes us less patient with a program that hangs, and with no other."""

    def choose(mode: str) -> None:
        patience = 4.0 if mode == "hang" else 60.0
        monkeypatch.setattr("notifications.webhooks.transport.TIMEOUT_SECONDS", patience)

    return choose


class TestMessage:
    EXPECTED: dict[str, Ending] = {
        "500": ("retrying", "http_500"),
        "429": ("retrying", "http_429"),
        "503": ("retrying", "http_503"),
        "201": ("accepted", "http_201"),
        "403": ("retrying", "http_403"),
        "404": ("retrying", "http_404"),
        "410": ("held", "http_410"),
        "413": ("retrying", "http_413"),
        "hang": ("retrying", "timeout"),
        "reset": ("retrying", "connection_lost"),
        "slow": ("accepted", "http_204"),
        "accept_then_reset": ("retrying", "connection_lost"),
    }
    """A program that says 2xx has the message: what it does with it is its own."""

    def test_meets_every_fault_and_arrives_in_the_end(
        self, scene: Scene, outside: Outside, wait_for: Callable[[str], None]
    ) -> None:
        webhook = self._register(scene, outside)
        found: dict[str, Ending] = {}
        arrived: dict[str, list[bool]] = {}
        for mode in self.EXPECTED:
            subject = f"order:{scene.place().pk}"
            wait_for(mode)
            outside.fault("webhooks", mode, delay_seconds=0.05)
            send_due_webhooks()
            row = WebhookDelivery.objects.get(thing=subject)
            found[mode] = (row.state, row.code)
            if row.state == "held":
                assert Webhook.objects.get(pk=webhook.pk).disabled_at is not None
                act("webhook.enable", by=scene.staff, on=webhook.pk, now=clock().now())
            hurry()
            send_due_webhooks()
            row.refresh_from_db()
            assert row.state == "accepted"
            arrived[mode] = self._arrived(outside, subject)
        assert found == self.EXPECTED
        assert self.EXPECTED.keys() == {*FaultMode}
        assert arrived == {
            mode: {"201": [], "accept_then_reset": [False, True]}.get(mode, [False])
            for mode in self.EXPECTED
        }

    def _register(self, scene: Scene, outside: Outside) -> Webhook:
        wishes: dict[str, Any] = {
            "url": f"{outside.running.url}/program/hooks",
            "event_types": ["order.placed"],
        }
        answer = act(
            "webhook.register", by=scene.staff, on=scene.merchant.pk, now=scene.now, **wishes
        )
        outside.call("PUT", "/program/knobs", {"secrets": [answer["secret"]]})
        webhook: Webhook = Webhook.objects.get(pk=answer["id"])
        return webhook

    def _arrived(self, outside: Outside, subject: str) -> list[bool]:
        """Of each time that the till got the order's message: whether it had it already."""
        messages = outside.call("GET", "/program/messages")["messages"]
        of_it = [each for each in reversed(messages) if each["subject"] == subject]
        assert all(each["is_verified"] for each in of_it)
        return [each["is_repeat"] for each in of_it]
