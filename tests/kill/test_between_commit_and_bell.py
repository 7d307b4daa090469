"""A commit whose bell never rang: the hint is lost, the truth is not."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from core.clock import now
from core.deadlines.models import Deadline
from core.events.queries import get_entries
from core.invariants import find_broken
from core.orders.models import Order
from core.people.models import Person
from realtime.client import Client
from realtime.tickets import issue_ticket
from tests.builders import Scene, act, make_scene
from tests.faults.history import verify
from tests.kill import dies_before_bell
from tests.realtime.node import Node


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sound(transactional_db: None) -> Iterator[None]:
    """Whatever died, the database keeps its rules."""
    yield
    assert find_broken() == []


@sync_to_async
def placed_order() -> Scene:
    scene = make_scene()
    scene.now = now()
    scene.place()
    return scene


@sync_to_async
def accept_and_die(scene: Scene) -> int:
    """Accept in a process that is killed before it can ring; return how it ended."""
    options = {
        "database": str(connection.settings_dict["NAME"]),
        "name": "order.accept",
        "person": str(scene.staff.pk),
        "subject": str(scene.order.pk),
        "arguments": {},
    }
    command = [sys.executable, "-W", "ignore", "-m", dies_before_bell.__name__]
    return subprocess.run([*command, json.dumps(options)], check=False, timeout=180).returncode


def client_of(node: Node, person: Person) -> Client:
    async def ticket() -> str:
        return await sync_to_async(issue_ticket)(person)

    return Client(node.url, ticket)


class TestKilledBetweenCommitAndBell:
    async def test_sockets_learn_of_it_from_the_heads_of_their_streams(self, node: Node) -> None:
        scene = await placed_order()
        topic, key = f"merchant:{scene.merchant.pk}", f"order:{scene.order.pk}"
        async with client_of(node, scene.staff) as client:
            board = await client.subscribe(topic)
            assert await accept_and_die(scene) == -signal.SIGKILL
            stored = await sync_to_async(get_entries)(topic, after=board.log[0].seq)
            await client.until(lambda: board.seq == stored[-1].seq)
            seen = [step.seq for step in board.log[1:]]
        assert board.rows[key].data["state"] == "accepted"
        assert seen == [entry.seq for entry in stored]

    async def test_sockets_of_two_nodes_are_told_the_same(
        self, node: Node, other_node: Node
    ) -> None:
        scene = await placed_order()
        topic = f"merchant:{scene.merchant.pk}"
        async with (
            client_of(node, scene.staff) as one,
            client_of(other_node, scene.staff) as two,
        ):
            boards = [await client.subscribe(topic) for client in (one, two)]
            assert await accept_and_die(scene) == -signal.SIGKILL
            head = (await sync_to_async(get_entries)(topic, after=0))[-1].seq
            for client, board in zip((one, two), boards, strict=True):
                await client.until(lambda: board.seq == head)  # noqa: B023
            assert await verify(boards) > 0

    async def test_what_was_promised_is_still_promised(self) -> None:
        scene = await placed_order()
        await accept_and_die(scene)
        kinds = await sync_to_async(lambda: set(Deadline.objects.values_list("kind", flat=True)))()
        assert "order.accept" not in kinds
        assert {"order.overdue", "leg.dispatch"} <= kinds

    async def test_the_repeated_command_is_answered_and_not_repeated(self) -> None:
        scene = await placed_order()
        await accept_and_die(scene)
        before = await sync_to_async(Order.objects.get)(pk=scene.order.pk)
        answer = await sync_to_async(act)(
            "order.accept", by=scene.staff, on=scene.order.pk, now=now(), key="once"
        )
        after = await sync_to_async(Order.objects.get)(pk=scene.order.pk)
        assert answer["order"]["state"] == "accepted"
        assert after.version == before.version
