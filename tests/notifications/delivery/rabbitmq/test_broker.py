"""RabbitMQ as the broker: quorum queues that stay short, and a broker that is killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from amqp import Connection
from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError

from core.environment import environment
from notifications.broker import QUEUE_LIMIT, ensure_broker
from notifications.models import Delivery
from notifications.queues import QUEUES
from notifications.wakeups import Ringer
from tests.notifications.delivery.test_kill import WORKER, load
from tests.notifications.delivery.world import Outside, database_environment, process, until
from tests.services.rabbitmq import RabbitMQ, rabbitmq


@pytest.fixture(scope="module")
def server() -> Iterator[RabbitMQ]:
    with rabbitmq() as running:
        yield running


@pytest.fixture
def broker(server: RabbitMQ, monkeypatch: pytest.MonkeyPatch) -> Iterator[RabbitMQ]:
    monkeypatch.setenv("PAIDAN_BROKER_URL", server.url)
    environment.cache_clear()
    yield server
    environment.cache_clear()


def look(broker: RabbitMQ, queue: str) -> tuple[int, int]:
    """Wake-ups that wait in a quorum queue, and who takes them; none while it is away."""
    try:
        with Connection(f"127.0.0.1:{broker.port}") as connection:
            # Only a queue of this very type can be declared so.
            kind = {"x-queue-type": "quorum"}
            told = connection.channel().queue_declare(queue, passive=True, arguments=kind)
            return told.message_count, told.consumer_count
    except (AMQPError, OSError):
        return -1, -1


def empty(broker: RabbitMQ, queue: str) -> None:
    """Throw away what waits there."""
    with Connection(f"127.0.0.1:{broker.port}") as connection:
        connection.channel().queue_purge(queue)


def is_served(broker: RabbitMQ) -> bool:
    return all(look(broker, queue)[1] == 1 for queue in QUEUES)


class TestRinger:
    def test_leaves_few_wake_ups_when_nobody_takes_them(self, broker: RabbitMQ) -> None:
        ringer = Ringer()
        for waiting in range(1, QUEUE_LIMIT + 1):
            ringer.ring({"push"})
            until(lambda waiting=waiting: look(broker, "push")[0] == waiting)  # type: ignore[misc]
        ringer.ring({"push", "sms"})
        until(lambda: look(broker, "sms")[0] == 1)
        assert look(broker, "push")[0] == QUEUE_LIMIT

    def test_rings_again_after_the_broker_was_killed(self, broker: RabbitMQ) -> None:
        ringer = Ringer()
        ringer.ring({"call"})
        until(lambda: look(broker, "call")[0] == 1)
        # A queue of the last seconds may not outlive a crash; a clean stop writes it down.
        broker.stop()
        broker.start()
        broker.kill()
        ringer.ring({"call"})
        broker.start()
        empty(broker, "call")

        def rung() -> bool:
            ringer.ring({"call"})
            return look(broker, "call")[0] > 0

        until(rung)

    def test_is_believed_only_while_the_broker_answers(self, broker: RabbitMQ) -> None:
        ensure_broker()
        broker.kill()
        with pytest.raises(OperationalError):
            ensure_broker()
        broker.start()


@pytest.mark.django_db(transaction=True)
class TestWorker:
    def test_takes_every_queue_and_outlives_its_broker(
        self, broker: RabbitMQ, outside: Outside, tmp_path: Path
    ) -> None:
        surroundings = outside.environment | database_environment(tmp_path)
        surroundings |= {"REDIS_URL": "", "PAIDAN_BROKER_URL": broker.url}
        with process(WORKER, surroundings):
            until(lambda: is_served(broker))
            self.send(outside, lambda: look(broker, "push")[0] == 0)
            broker.kill()
            self.send(outside, lambda: look(broker, "push")[0] == -1)
            broker.start()
            until(lambda: is_served(broker))
            self.send(outside, lambda: look(broker, "push")[0] == 0)

    def send(self, outside: Outside, stands: Callable[[], bool]) -> None:
        """Everything of a load arrives once, and the broker then stands so."""
        devices = load(outside)
        until(lambda: not Delivery.objects.filter(channel="push").exclude(state="sent").exists())
        assert {outside.screen(each)["visible_count"] for each in devices} == {1}
        until(stands)
