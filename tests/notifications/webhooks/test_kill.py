"""Killed senders: no event lost, none without its id, none before an earlier one of its order."""

import random
import signal
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from core.clock import clock
from notifications.sender import send_due_webhooks
from notifications.webhooks.models import WebhookDelivery, WebhookMessage
from notifications.webhooks.results import sweep
from notifications.webhooks.states import OPEN
from tests.builders import Scene
from tests.notifications.delivery.world import database_environment, process, until
from tests.notifications.webhooks import dies
from tests.notifications.webhooks.receiver import Program
from tests.notifications.webhooks.town import hurry, register, types_of


ORDERS = 6
KILLS = 4
SENDER = ["manage.py", "sender"]


@pytest.fixture
def orders(scene: Scene, program: Program) -> list[UUID]:
    """Orders with several events each, all due to one program at once."""
    register(scene, program)
    placed = []
    for _ in range(ORDERS):
        scene.bring_to("ready")
        placed.append(scene.order.pk)
    return placed


@pytest.fixture
def environment_of_senders(tmp_path: Path, orders: list[UUID]) -> dict[str, str]:
    return database_environment(tmp_path) | {"REDIS_URL": "", "PAIDAN_WEBHOOK_LOOPBACK": "1"}


def later() -> None:
    """Let every lease end, as if its time had passed."""
    past = clock().now() - timedelta(seconds=1)
    WebhookDelivery.objects.filter(state="leased").update(lease_until=past)


def give_back() -> None:
    later()
    while sweep(now=clock().now()):
        pass


def finish() -> None:
    """Let a healthy sender pick up everything."""
    give_back()
    hurry()
    send_due_webhooks()


def assert_complete(program: Program, orders: list[UUID]) -> None:
    """The three ledgers agree: messages kept, deliveries ended, and what the program has."""
    assert not program.forged
    assert not WebhookDelivery.objects.filter(state__in=list(OPEN)).exists()
    kept = {str(pk) for pk in WebhookMessage.objects.values_list("pk", flat=True)}
    assert {each.id for each in program.accepted} == kept
    for order in orders:
        assert program.accepted_of(f"order:{order}") == types_of(order)
        assert_in_order(program, order)


def assert_in_order(program: Program, order: UUID) -> None:
    """A repeat may come; a step back beyond it may not."""
    place = {name: number for number, name in enumerate(types_of(order))}
    seen = [place[each.type] for each in program.accepted if each.subject == f"order:{order}"]
    steps = pairwise(seen)
    assert all(after in {before, before + 1} for before, after in steps), seen


class TestKilledAt:
    @pytest.mark.parametrize("after", [0, 2])
    @pytest.mark.parametrize("point", [dies.AFTER_CLAIM, dies.AFTER_SEND, dies.IN_STORE])
    def test_a_named_point_nothing_is_lost_and_nothing_overtakes(
        self,
        program: Program,
        orders: list[UUID],
        environment_of_senders: Mapping[str, str],
        point: str,
        after: int,
    ) -> None:
        run_until_dead(point, after, environment_of_senders)
        assert WebhookDelivery.objects.filter(state__in=list(OPEN)).exists()
        finish()
        assert_complete(program, orders)

    def test_the_sweep_nothing_is_lost(
        self,
        program: Program,
        orders: list[UUID],
        environment_of_senders: Mapping[str, str],
    ) -> None:
        run_until_dead(dies.AFTER_CLAIM, 0, environment_of_senders)
        later()
        run_until_dead(dies.IN_SWEEP, 0, environment_of_senders)
        assert WebhookDelivery.objects.filter(state="leased").exists()
        finish()
        assert_complete(program, orders)

    def test_any_time_again_and_again_nothing_is_lost(
        self,
        program: Program,
        orders: list[UUID],
        environment_of_senders: Mapping[str, str],
    ) -> None:
        chance = random.Random(11)
        program.delay_seconds = 0.02
        for _ in range(KILLS):
            goal = len(program.taken) + chance.randint(2, 7)
            with process(SENDER, environment_of_senders) as sender:
                until(partial(has_taken, program, goal))
                sender.send_signal(signal.SIGKILL)
                sender.wait()
            give_back()
        finish()
        assert_complete(program, orders)


class TestSeveralSenders:
    def test_keep_every_orders_order(
        self,
        program: Program,
        orders: list[UUID],
        environment_of_senders: Mapping[str, str],
    ) -> None:
        program.delay_seconds = 0.01
        with (
            process(SENDER, environment_of_senders),
            process(SENDER, environment_of_senders),
        ):
            until(lambda: not is_waiting())
        assert_complete(program, orders)
        assert len(program.accepted) == WebhookMessage.objects.count()


def run_until_dead(point: str, after: int, environment: Mapping[str, str]) -> None:
    """Run the sender that ends itself at `point`."""
    command = ["-m", "tests.notifications.webhooks.dies", point, str(after)]
    with process(command, environment) as sender:
        until(lambda: sender.poll() is not None)
        assert sender.returncode == -signal.SIGKILL


def has_taken(program: Program, goal: int) -> bool:
    """Whether the program was sent `goal` messages, or nothing waits any more."""
    return len(program.taken) >= goal or not is_waiting()


def is_waiting() -> bool:
    return WebhookDelivery.objects.filter(state__in=list(OPEN)).exists()
