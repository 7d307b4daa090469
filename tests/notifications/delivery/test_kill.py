"""Senders killed anywhere: three ledgers agree (rows, the provider's log, the screens)."""

import random
import signal
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.clock import clock
from core.events import catalogue as events
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.models import Delivery
from notifications.results import sweep
from notifications.sender import send_all_due
from tests.notifications.delivery.town import (
    about,
    order,
    person,
    register,
    seconds,
    shop,
    state,
)
from tests.notifications.delivery.world import (
    Outside,
    database_environment,
    process,
    until,
)
from tests.services.redis import redis


pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 3
PUSHES = 30
TEXTS = 10
SENDER = ["manage.py", "sender"]
WORKER = ["-m", "celery", "-A", "celery_app", "worker", "-l", "warning", "-c", "1"]


def load(outside: Outside) -> list[Any]:
    """Make pushes that are due now and texts that have been due for a second."""
    now = clock().now()
    merchant, devices = shop(clerks=0), []
    for _ in range(PUSHES):
        customer = person("Wang")
        devices.append(outside.device())
        register(customer, devices[-1])
        made = order(merchant, customer=customer, state="accepted", accepted_at=now, now=now)
        state(events.ORDER_ACCEPTED, about(made), now=now)
    for _ in range(TEXTS):
        made = order(merchant, now=now - seconds(61))
        state(events.ORDER_PLACED, about(made), now=now - seconds(61))
    Delivery.objects.filter(channel="push", notice__template="new_order").delete()
    return devices


def slow_down(outside: Outside) -> None:
    """Spread the provider's answers over a second, so that a kill falls among them."""
    outside.clear_faults()
    for delay_seconds in (0.1, 0.3, 0.5, 0.7, 0.9):
        outside.fault("push", "slow", count=PUSHES // 5, delay_seconds=delay_seconds)
        outside.fault("sms", "slow", count=TEXTS // 5, delay_seconds=delay_seconds)


def reached(outside: Outside, goal: int) -> bool:
    """Whether the provider has recorded `goal` pushes, or nothing is left to send."""
    return outside.count("push") >= goal or not _waiting()


def sent_texts(outside: Outside) -> Counter[str]:
    return Counter(entry["out_id"] for entry in outside.ledger("sms") if "message_id" in entry)


def finish() -> None:
    """Let a healthy sender pick up everything, as if every lease had ended."""
    sweep(now=clock().now() + timedelta(minutes=1))
    send_all_due(ALL_CHANNELS)


class TestKilledSender:
    def test_loses_no_push_and_repeats_no_text(self, outside: Outside, tmp_path: Path) -> None:
        devices = load(outside)
        chance = random.Random(7)
        environment = outside.environment | database_environment(tmp_path) | {"REDIS_URL": ""}
        for _ in range(KILLS):
            goal = outside.count("push") + chance.randint(1, PUSHES // KILLS)
            slow_down(outside)
            with process(SENDER, environment) as sender:
                until(partial(reached, outside, goal))
                sender.send_signal(signal.SIGKILL)
                sender.wait()
            sweep(now=clock().now() + timedelta(minutes=1))
        outside.clear_faults()
        finish()
        screens = [outside.screen(device) for device in devices]
        assert {screen["visible_count"] for screen in screens} == {1}
        assert not Delivery.objects.filter(channel="push").exclude(state="sent").exists()
        texts = sent_texts(outside)
        assert set(texts.values()) <= {1}
        rows = Delivery.objects.filter(channel="sms").values_list("pk", "state")
        known = {str(pk): str(each) for pk, each in rows}
        assert set(known.values()) <= {"sent", "uncertain"}
        assert all(texts[out_id] == 1 for out_id, each in known.items() if each == "sent")


class TestNamedPoints:
    def test_after_claim_push_goes_again_and_sms_waits_for_a_receipt(
        self, outside: Outside
    ) -> None:
        load(outside)
        claims, _ = claim_due(ALL_CHANNELS, now=clock().now())
        assert len(claims) == PUSHES + TEXTS
        finish()
        assert Delivery.objects.filter(channel="push", state="sent").count() == PUSHES
        assert Delivery.objects.filter(channel="sms", state="uncertain").count() == TEXTS
        assert not sent_texts(outside)

    def test_before_flush_a_repeat_is_invisible(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        devices = load(outside)
        monkeypatch.setattr("notifications.sender.store", lambda *_args, **_kwargs: None)
        send_all_due(ALL_CHANNELS)
        monkeypatch.undo()
        for name, value in outside.environment.items():
            monkeypatch.setenv(name, value)
        finish()
        screens = [outside.screen(device) for device in devices]
        assert {(each["raw_count"], each["visible_count"]) for each in screens} == {(2, 1)}
        assert set(sent_texts(outside).values()) == {1}


class TestCeleryWorker:
    def test_sends_what_a_wake_up_or_its_own_poll_finds(
        self, outside: Outside, tmp_path: Path
    ) -> None:
        with redis() as bus:
            environment = outside.environment | database_environment(tmp_path)
            with process(WORKER, environment | {"REDIS_URL": bus.url}):
                devices = load(outside)
                until(lambda: not _waiting())
                assert {outside.screen(each)["visible_count"] for each in devices} == {1}
                bus.kill()
                now = clock().now()
                made = order(shop(), customer=person("Wu"), state="accepted", now=now)
                register(made.customer, device := outside.device())
                state(events.ORDER_ACCEPTED, about(made), now=now)
                until(lambda: outside.screen(device)["visible_count"] == 1)


def _waiting() -> bool:
    return Delivery.objects.filter(state__in=["pending", "leased"], channel="push").exists()
