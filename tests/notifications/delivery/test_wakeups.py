"""Wake-ups for Celery workers: quick when they arrive, harmless when they do not."""

from collections.abc import Iterator

import pytest
from redis import Redis as RedisClient

from core.clock import clock
from core.environment import environment
from core.events import catalogue as events
from notifications.broker import QUEUE_LIMIT
from notifications.models import Delivery
from notifications.tasks import send_due
from notifications.wakeups import Ringer
from tests.notifications.delivery.town import about, order, register, shop, state
from tests.notifications.delivery.world import Outside, until
from tests.services.redis import Redis, redis


PUSH = frozenset({"push"})


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    with redis() as running:
        monkeypatch.setenv("REDIS_URL", running.url)
        environment.cache_clear()
        yield running
    environment.cache_clear()


class TestRinger:
    def test_leaves_few_wake_ups_when_nobody_takes_them(self, bus: Redis) -> None:
        ringer = Ringer()
        with RedisClient.from_url(bus.url) as client:
            for waiting in range(1, QUEUE_LIMIT + 1):
                ringer.ring(PUSH)
                until(lambda waiting=waiting: client.llen("push") == waiting)  # type: ignore[misc]
            ringer.ring(PUSH | {"sms"})
            until(lambda: client.llen("sms") == 1)
            assert client.llen("push") == QUEUE_LIMIT

    def test_rings_again_after_the_bus_was_away(self, bus: Redis) -> None:
        ringer = Ringer()
        bus.stop()
        ringer.ring(PUSH)
        bus.start()
        with RedisClient.from_url(bus.url) as client:

            def rung() -> bool:
                ringer.ring(PUSH)
                return bool(client.llen("push"))

            until(rung)


@pytest.mark.django_db(transaction=True)
class TestTask:
    def test_sends_whatever_is_due(self, outside: Outside) -> None:
        now = clock().now()
        made = order(shop(), state="accepted", accepted_at=now, now=now)
        register(made.customer, outside.device())
        state(events.ORDER_ACCEPTED, about(made), now=now)
        assert send_due("sms") == 0
        assert send_due("push") == 1
        assert Delivery.objects.get().state == "sent"
