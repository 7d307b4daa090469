"""What a sender counts of webhooks, as Prometheus reads it from the sender's own address."""

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from notifications.sender import send_due_webhooks
from notifications.webhooks.models import Webhook
from notifications.webhooks.tally import tally
from tests.builders import Scene
from tests.notifications.delivery.world import database_environment, process, until
from tests.notifications.webhooks.receiver import Program
from tests.notifications.webhooks.town import do, register
from tests.services.ports import reserve_port


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    tally.attempts.clear()
    tally.dead_count = tally.disabled_count = tally.waiting_count = 0
    yield
    tally.attempts.clear()


def read(port: int) -> dict[str, float]:
    """Every sample by its name and, where it has one, its label."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
    except OSError:
        return {}
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class TestTally:
    def test_counts_attempts_by_what_they_came_to(self, scene: Scene, program: Program) -> None:
        register(scene, program, event_types=["order.placed"])
        program.statuses = [503]
        for _ in range(2):
            scene.place()
        send_due_webhooks()
        assert tally.attempts == {"http_503": 1, "http_204": 1}

    def test_counts_what_is_disabled_by_itself_only(self, scene: Scene, program: Program) -> None:
        do(scene, "disable", register(scene))
        assert tally.disabled_count == 0
        register(scene, program)
        program.statuses = [410]
        scene.place()
        send_due_webhooks()
        assert tally.disabled_count == 1


class TestSenderProcess:
    def test_answers_at_an_address_of_its_own(
        self, scene: Scene, program: Program, tmp_path: Path
    ) -> None:
        register(scene, program, event_types=["order.placed"])
        scene.place()
        port = reserve_port()
        command = ["manage.py", "sender", "--metrics-port", str(port)]
        environment = database_environment(tmp_path)
        with process(command, environment | {"REDIS_URL": "", "PAIDAN_WEBHOOK_LOOPBACK": "1"}):
            until(lambda: read(port).get("paidan_webhook_attempts_total http_204") == 1)
            Webhook.objects.update(disabled_at=scene.now)
            scene.place()
            assert read(port)["paidan_webhook_dead_total"] == 0
