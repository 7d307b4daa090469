"""Orders: signed whole, good for a minute, and followed on the nodes they are passed on to."""

from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from django.core import signing

from core.bell import bell
from core.identifiers import new_id
from realtime.hub import Hub, Member
from realtime.operations.orders import (
    SALT,
    Connections,
    Kick,
    Resync,
    Ring,
    Topics,
    read_order,
    sign_order,
)
from realtime.operations.steering import UnknownTopic, carry_out


BY = "root@test"
PERSON = UUID(int=7)


class Fake:
    """A connection that only remembers why it was closed."""

    is_stream = False
    waiting_bytes = 0
    revoked_at = None

    def __init__(self, person: UUID = PERSON, *topics: str) -> None:
        self.id = new_id()
        self.person_key = str(person)
        self.topics = topics
        self.codes: list[int] = []

    def close(self, code: int) -> None:
        self.codes.append(code)

    def beat(self) -> None:
        raise AssertionError


def hub_with(*members: Fake) -> Hub:
    hub = Hub()
    for member in members:
        assert hub.admit(cast("Member", member))
    return hub


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(bell, "ring", lambda _group, message: messages.append(message))
    return messages


class TestSignature:
    @pytest.mark.parametrize(
        "order",
        [
            Topics(by=BY),
            Connections(by=BY, topic="order:1"),
            Kick(by=BY, person=PERSON, for_good=True),
            Resync(by=BY, topic="order:1"),
            Ring(by=BY, topic="order:1", events=3),
        ],
        ids=lambda order: order.op,
    )
    def test_carries_the_order(self, order: Any) -> None:
        assert read_order(sign_order(order)) == order

    @pytest.mark.parametrize(
        "token",
        [
            "",
            "forged",
            sign_order(Topics(by=BY))[:-1],
            signing.dumps({"op": "topics", "by": BY}, salt="realtime.ticket"),
            signing.dumps({"op": "reboot", "by": BY}, salt=SALT),
            signing.dumps({"op": "topics"}, salt=SALT),
        ],
        ids=["nothing", "forged", "cut", "ticket", "unknown", "anonymous"],
    )
    def test_refuses_what_is_no_order(self, token: str) -> None:
        assert read_order(token) is None

    def test_is_good_for_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.time", lambda: 1_000_000.0)
        token = sign_order(Topics(by=BY))
        monkeypatch.setattr("time.time", lambda: 1_000_061.0)
        assert read_order(token) is None


class TestKick:
    def test_ends_every_connection_of_a_person(self, rung: list[dict[str, Any]]) -> None:
        one, two, other = Fake(), Fake(), Fake(uuid4())
        answer = carry_out(hub_with(one, two, other), Kick(by=BY, person=PERSON))
        assert (one.codes, two.codes, other.codes) == ([4002], [4002], [])
        assert answer["done"] == 2
        assert len(rung) == 1

    @pytest.mark.usefixtures("rung")
    def test_for_good_tells_the_client_not_to_come_back(self) -> None:
        one, two = Fake(), Fake()
        carry_out(hub_with(one, two), Kick(by=BY, connection=one.id, for_good=True))
        assert (one.codes, two.codes) == ([4503], [])

    def test_is_followed_by_the_other_nodes(self, rung: list[dict[str, Any]]) -> None:
        carry_out(hub_with(), Kick(by=BY, person=PERSON))
        far = Fake()
        hub_with(far).hear(rung[0])
        assert far.codes == [4002]

    def test_is_not_followed_twice_by_its_own_node(self, rung: list[dict[str, Any]]) -> None:
        hub = hub_with()
        carry_out(hub, Kick(by=BY, person=PERSON))
        late = Fake()
        assert hub.admit(cast("Member", late))
        hub.hear(rung[0])
        assert late.codes == []


class TestLooking:
    def test_lists_connections_by_topic_and_person(self) -> None:
        hub = hub_with(Fake(PERSON, "order:1"), Fake(PERSON, "order:2"), Fake(uuid4(), "order:1"))
        order = Connections(by=BY, topic="order:1", person=PERSON)
        (found,) = carry_out(hub, order)["connections"]
        assert (found["topics"], found["carrier"]) == (["order:1"], "socket")

    def test_knows_no_ring_of_a_topic_it_has_not(self) -> None:
        with pytest.raises(UnknownTopic):
            carry_out(hub_with(), Ring(by=BY, topic="order:1"))

    def test_needs_no_bus(self, rung: list[dict[str, Any]]) -> None:
        carry_out(hub_with(), Topics(by=BY))
        assert not rung
