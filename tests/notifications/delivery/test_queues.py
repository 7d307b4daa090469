"""The queues of senders: each is some worker's, and whoever takes one leaves the others alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from celery_app import app
from notifications import sender
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.models import Delivery
from notifications.queues import (
    CHANNEL_QUEUES,
    QUEUES,
    UnknownQueue,
    channels_of,
    read_queues,
)
from notifications.serving import Service, loops_of
from notifications.tasks import send_due
from tests.notifications.delivery.test_kill import PUSHES, TEXTS, load
from tests.notifications.delivery.world import Outside, until


@contextmanager
def serving(*queues: str) -> Iterator[None]:
    service = Service(queues, listens=False)
    service.start()
    try:
        yield
    finally:
        service.leave()
        service.join()


class TestRegistry:
    def test_has_a_queue_for_every_channel_that_senders_serve(self) -> None:
        assert set(CHANNEL_QUEUES.values()) == set(ALL_CHANNELS)

    def test_is_what_a_worker_takes_that_is_told_nothing(self) -> None:
        assert set(app.amqp.queues.consume_from) == set(QUEUES)

    @pytest.mark.parametrize("queue", QUEUES)
    def test_has_a_loop_for_each(self, queue: str) -> None:
        loops = loops_of({queue}, listens=False)
        assert list(loops) == ["campaigns" if queue == "marketing" else "sender", "beat"]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("queue", QUEUES)
    def test_has_a_task_for_each(self, queue: str) -> None:
        assert send_due(queue) == 0

    def test_is_read_as_people_write_it(self) -> None:
        assert read_queues("push, sms,") == {"push", "sms"}
        assert channels_of(read_queues("webhooks,marketing")) == ()

    @pytest.mark.parametrize("text", ["push,pusch", "", ","])
    def test_knows_no_others(self, text: str) -> None:
        with pytest.raises(UnknownQueue, match="marketing"):
            read_queues(text)


@pytest.mark.django_db(transaction=True)
class TestService:
    def test_sends_of_its_queues_only(self, outside: Outside) -> None:
        load(outside)
        texts = Delivery.objects.filter(channel="sms", state="sent")
        pushes = Delivery.objects.filter(channel="push")
        with serving("sms"):
            until(lambda: texts.count() == TEXTS)
        assert pushes.filter(state="pending").count() == PUSHES
        with serving("push"):
            until(lambda: pushes.filter(state="sent").count() == PUSHES)

    def test_starts_a_loop_again_that_broke(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load(outside)
        faults = iter([RuntimeError("once")])

        def claim(*args: Any, **kwargs: Any) -> Any:
            for fault in faults:
                raise fault
            return claim_due(*args, **kwargs)

        monkeypatch.setattr(sender, "claim_due", claim)
        with serving("push"):
            until(lambda: not Delivery.objects.filter(channel="push", state="pending").exists())
        assert next(faults, None) is None
