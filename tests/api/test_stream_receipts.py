"""Receipts over HTTP: the same notices as on the socket, and nobody else's."""

import pytest

from core.events.models import Stream
from core.events.streams import receipt_of
from notifications.models import Notice
from notifications.receipts import RECEIPT_LIMIT
from realtime.streaming import receipts
from realtime.streaming.receipts import ACK_EVENTS
from tests.api.town import Caller, Town, caller


pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(town: Town) -> Notice:
    """The alert that the shop has a new order."""
    order = town.place()
    return Notice.objects.get(order_id=order["id"], topic=board(town))


def board(town: Town) -> str:
    return f"merchant:{town.merchant.pk}"


def head_of(topic: str) -> int:
    return Stream.objects.get(topic=topic).head


def send(who: Caller, **told: object) -> dict[str, int]:
    answer = who.post("/stream/receipts", told)
    assert answer.status_code == 200, answer.content
    found: dict[str, int] = answer.json()
    return found


class TestAck:
    def test_delivers_the_critical_events_up_to_it(self, town: Town, alert: Notice) -> None:
        ack = [{"topic": board(town), "seq": head_of(board(town))}]
        assert send(town.staff, ack=ack) == {"delivered": 1, "seen": 0, "acted": 0}
        alert.refresh_from_db()
        assert alert.delivered_at is not None
        assert send(town.staff, ack=ack)["delivered"] == 0

    @pytest.mark.parametrize("by", [-1, ACK_EVENTS], ids=["before", "long after"])
    def test_delivers_nothing_else(self, town: Town, alert: Notice, by: int) -> None:
        ack = [{"topic": alert.topic, "seq": max(0, head_of(board(town)) + by)}]
        assert send(town.staff, ack=ack)["delivered"] == 0

    def test_of_anothers_topic_changes_nothing(self, town: Town, alert: Notice) -> None:
        stranger = caller()
        for topic in (alert.topic, "nonsense", f"zone:{town.merchant.zone_id}"):
            assert send(stranger, ack=[{"topic": topic, "seq": 1}])["delivered"] == 0
        alert.refresh_from_db()
        assert alert.delivered_at is None

    def test_of_many_topics_is_taken_to_the_last(
        self, town: Town, alert: Notice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        others = [f"r_{number}" for number in range(RECEIPT_LIMIT)]
        theirs = [*others, receipt_of(alert.event_id)]
        monkeypatch.setattr(receipts, "_receipts_up_to", lambda *_: iter(theirs))
        assert send(town.staff, ack=[{"topic": board(town), "seq": 1}])["delivered"] == 1


class TestSeenAndActed:
    def test_are_noted(self, town: Town, alert: Notice) -> None:
        receipt = receipt_of(alert.event_id)
        assert send(town.staff, seen=[receipt])["seen"] == 1
        assert send(town.staff, act=[receipt])["acted"] == 1
        alert.refresh_from_db()
        assert alert.acted_by == town.staff.person.pk

    def test_are_not_taken_from_strangers(self, town: Town, alert: Notice) -> None:
        receipt = receipt_of(alert.event_id)
        assert send(caller(), seen=[receipt], act=[receipt]) == {
            "delivered": 0,
            "seen": 0,
            "acted": 0,
        }


class TestShape:
    @pytest.mark.parametrize(
        "body", [{"ack": [{"topic": "x"}]}, {"ack": [{"topic": "x", "seq": -1}]}, {"seen": "r"}]
    )
    def test_is_checked(self, town: Town, body: dict[str, object]) -> None:
        answer = town.staff.post("/stream/receipts", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")

    def test_needs_somebody(self) -> None:
        nobody = caller()
        nobody.person.is_active = False
        nobody.person.save()
        assert nobody.post("/stream/receipts", {}).status_code == 401
