"""Senders that are told to end under load: what is under way ends, and nothing is lost."""

import signal
from pathlib import Path

import pytest

from notifications.models import Delivery
from tests.notifications.delivery.test_kill import (
    PUSHES,
    SENDER,
    TEXTS,
    WORKER,
    finish,
    load,
    sent_texts,
    slow_down,
)
from tests.notifications.delivery.world import (
    PATIENCE_SECONDS,
    Outside,
    database_environment,
    process,
    until,
)
from tests.services.redis import redis


pytestmark = pytest.mark.django_db(transaction=True)


class TestSignal:
    @pytest.mark.parametrize(
        ("command", "number"),
        [(SENDER, signal.SIGTERM), (WORKER, signal.SIGTERM), (WORKER, signal.SIGQUIT)],
        ids=["sender", "worker", "worker that must hurry"],
    )
    def test_loses_and_repeats_nothing(
        self, outside: Outside, tmp_path: Path, command: list[str], number: signal.Signals
    ) -> None:
        devices = load(outside)
        slow_down(outside)
        surroundings = outside.environment | database_environment(tmp_path)
        with redis() as bus, process(command, surroundings | {"REDIS_URL": bus.url}) as sender:
            until(lambda: outside.count("push") > 0)
            sender.send_signal(number)
            assert sender.wait(PATIENCE_SECONDS) == 0
        assert not Delivery.objects.filter(state="leased").exists()
        pushed = Delivery.objects.filter(channel="push", state="sent").count()
        assert outside.count("push") == pushed
        outside.clear_faults()
        finish()
        screens = [outside.screen(device) for device in devices]
        assert {(each["raw_count"], each["visible_count"]) for each in screens} == {(1, 1)}
        texts = sent_texts(outside)
        assert (len(texts), set(texts.values())) == (TEXTS, {1})
        assert Delivery.objects.filter(channel="push", state="sent").count() == PUSHES
