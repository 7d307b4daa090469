"""What a courier's devices see: events applied one by one equal a fresh snapshot."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.events.queries import get_entries, get_snapshot
from core.merchants.models import Merchant
from core.people.models import Person
from tests.dispatch import scene
from tests.dispatch.scene import START


pytestmark = pytest.mark.django_db


def replayed(who: Person) -> dict[str, Any]:
    """Apply the whole stream of the courier, dropping what is no longer open."""
    rows: dict[str, Any] = {}
    for entry in get_entries(f"courier:{who.pk}", after=0):
        body = json.loads(entry.body)
        rows[body["key"]] = (body["ver"], body["d"])
    return {key: row for key, row in rows.items() if row[1]["open"]}


def snapshot(who: Person, now: datetime) -> dict[str, Any]:
    """Return the rows a newcomer would get."""
    rows = get_snapshot(f"courier:{who.pk}", now=now).rows
    return {row["key"]: (row["ver"], row["d"]) for row in rows}


class TestCourierStream:
    def test_equals_the_snapshot_after_every_step(self, shop: Merchant) -> None:
        near, far = scene.courier(300), scene.courier(900)
        scene.leg(shop)
        now = START
        steps: list[Callable[[], object]] = [
            lambda: scene.run(now),
            lambda: scene.act("courier.set_auto_accept", far, now=now, auto_accept=True),
            lambda: scene.act("offer.decline", near, now=now, offer_id=scene.open_offers()[0].id),
            lambda: scene.run(now),
            lambda: scene.act("courier.go_offline", far, now=now),
            lambda: scene.run(now),
        ]
        for step in steps:
            now += timedelta(seconds=2)
            step()
            assert replayed(near) == snapshot(near, now)
            assert replayed(far) == snapshot(far, now)

    def test_asks_for_a_receipt_of_an_offer(self, shop: Merchant) -> None:
        near = scene.courier(300)
        scene.leg(shop)
        scene.run(START)
        bodies = [json.loads(each.body) for each in get_entries(f"courier:{near.pk}", after=0)]
        assert [body["type"] for body in bodies if "crit" in body] == ["delivery.offered"]
