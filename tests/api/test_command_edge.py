"""A command's short way over HTTP answers as Django does, to the letter."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError

from core.gate.registry import COMMANDS
from tests.api.edges import NONE, Edges, Reply, open_edges
from tests.api.town import Caller, Town, build_town, caller


pytestmark = pytest.mark.django_db(transaction=True)

ID = "01920000-0000-7000-8000-00000000abcd"
POINT = {"latitude": 31.23, "longitude": 121.47}
LINES = {"lines": [{"line_id": ID, "quantity": 1}]}
BODIES: dict[str, dict[str, Any]] = {
    "campaign.draft": {
        "words": {locale: {"title": "Soup", "body": "Hot"} for locale in ("zh-CN", "en")},
        "expires_at": "2026-05-02T00:00:00Z",
    },
    "consent.give": {"wording": "2026-11"},
    "courier.go_online": POINT,
    "courier.report_position": POINT,
    "courier.report_positions": {"positions": [{**POINT, "at": "2026-03-02T04:00:00Z"}]},
    "courier.set_auto_accept": {"auto_accept": True},
    "delivery.replay": {"reason": "asked to"},
    "delivery.replay_all": {"reason": "asked to"},
    "device.forget": {"id": 1},
    "digest.set": {"every": "hour"},
    "item.set_stock": {"stock": 3},
    "ladder.configure": {"template": "new_order", "steps": []},
    "ladder.preview": {"template": "new_order"},
    "ladder.revert": {"template": "new_order", "to": 0},
    "leg.assign": {"courier_id": ID},
    "leg.deliver": {"proof": {"kind": "pin", "value": "1234"}},
    "leg.exclude": {"courier_id": ID},
    "leg.fail": {"reason": "refused"},
    "leg.pick_up": {"number": 1},
    "leg.pin": {"courier_id": ID},
    "leg.wait": {"minutes": 5},
    "merchant.need_board": {"needs_board": False},
    "merchant.set_busy": {"minutes": 10},
    "order.adjust": LINES,
    "order.answer_adjustment": {"answer": "refund"},
    "order.answer_pickup": {"agree": True},
    "order.answer_cancellation": {"agree": True},
    "order.delay": {"minutes": 5},
    "order.hold": {"reason": "a fire"},
    "order.place": {
        "quote": "none",
        "payment_method": "cash",
        "contact": {"name": "Li", "phone": "+8613800138000"},
    },
    "order.propose_adjustment": LINES,
    "order.quote": {
        "merchant_id": ID,
        "fulfilment": "pickup",
        "lines": [{"item_id": ID, "quantity": 1}],
    },
    "order.reject": {"reason": "too_busy"},
    "order.reply_nudge": {"reply": "soon"},
    "order.stop": {"reason": "fraud"},
    "preferences.set": {"category": "order_update", "channel": "push", "choice": "off"},
    "quiet_hours.set": {"time_zone": "Asia/Shanghai", "starts_at": "22:00", "ends_at": "07:00"},
    "push.register": {"kind": "fcm", "token": "x" * 40, "app_id": "com.example.shop"},
    "push.remove": {"kind": "fcm", "token": "x" * 40},
    "push.subscribe": {
        "endpoint": "https://fcm.googleapis.com/x",
        "keys": {"p256dh": "x", "auth": "y"},
    },
    "push.unsubscribe": {"endpoint": "https://fcm.googleapis.com/x"},
    "staff.dismiss": {"person_id": ID},
    "staff.invite": {"phone": "+8613800138999"},
    "webhook.acknowledge": {"delivery_ids": [1]},
    "webhook.replay": {"delivery_id": 1},
    "webhook.replay_since": {"since": "2026-03-02T04:00:00Z"},
    "wechat.grant": {"templates": {"sandbox-order-update": "accept"}},
}
"""What a command needs to be told; the others need nothing."""


@pytest.fixture
def edges() -> Iterator[Edges]:
    """Both ways."""
    with open_edges() as opened:
        yield opened


@pytest.fixture
def town() -> Town:
    """A shop, its people and a customer, committed."""
    return build_town()


def bearer(somebody: Caller, **headers: str) -> dict[str, str]:
    """Return the headers of somebody's program."""
    return {"Authorization": f"Bearer {somebody.token}", **headers}


def path_of(name: str, subject: str = ID) -> str:
    """Return the path of a command about a subject."""
    spec = COMMANDS[name]
    return f"/api/v1{spec.path.replace(f'{{{spec.subject}}}', subject)}"


def body_of(name: str) -> bytes:
    """Return a body of the right shape."""
    return json.dumps(BODIES[name]).encode() if name in BODIES else b""


def both(edges: Edges, path: str, body: bytes = b"", headers: Mapping[str, str] = NONE) -> Reply:
    """Ask both ways, which must agree, and return what they say."""
    short, long = edges.short(path, body, headers), edges.long(path, body, headers)
    assert short == long
    return short


class TestEveryCommand:
    def test_is_answered_alike(self, edges: Edges) -> None:
        somebody = caller()
        for name in COMMANDS:
            headers = bearer(somebody, Idempotency_Key=name)
            said = both(edges, path_of(name), body_of(name), headers)
            assert said.status in {200, 403, 404, 409, 422}
            assert edges.handed_on == 0, name

    def test_refuses_what_it_does_not_know_alike(self, edges: Edges) -> None:
        headers = bearer(caller())
        for name in COMMANDS:
            body = json.dumps({**BODIES.get(name, {}), "colour": "red"}).encode()
            said = both(edges, path_of(name), body, headers)
            assert (said.status, said.json()["code"]) == (422, "validation_failed")


class TestAnswer:
    def test_of_an_accepted_order_is_the_same_again(self, edges: Edges, town: Town) -> None:
        path = path_of("order.accept", town.place()["id"])
        headers = bearer(town.staff, Idempotency_Key="one", Paidan_Device="till")
        first = edges.short(path, headers=headers)
        assert first.status == 200
        assert edges.long(path, headers=headers) == edges.short(path, headers=headers) == first
        assert edges.handed_on == 0

    def test_that_django_gave_first_is_the_same_again(self, edges: Edges, town: Town) -> None:
        path, body = path_of("merchant.pause", str(town.merchant.pk)), b'{"minutes": 10}'
        headers = bearer(town.staff, Idempotency_Key="one")
        assert edges.long(path, body, headers) == edges.short(path, body, headers)

    def test_to_the_wrong_step_tells_what_is_possible(self, edges: Edges, town: Town) -> None:
        path = path_of("order.ready", town.place()["id"])
        said = both(edges, path, headers=bearer(town.staff))
        assert (said.status, said.json()["code"]) == (409, "illegal_transition")

    def test_carries_time_and_id(self, edges: Edges) -> None:
        said = both(edges, path_of("order.accept"), headers=bearer(caller()))
        assert said.own == {b"paidan-time", b"paidan-request"}


class TestHeaders:
    @pytest.mark.parametrize(
        "headers",
        [
            {"If_Match": '"1"'},
            {"If_Match": "1"},
            {"If_Match": '"9"'},
            {"If_Match": '"9'},
            {"If_Match": "*"},
            {"If_Match": "9" * 40},
            {"Paidan_Expected_Version": "1"},
            {"Paidan_Expected_Version": "0"},
            {"Paidan_Expected_Version": "x"},
            {"If_Match": '"1"', "Paidan_Expected_Version": "2"},
            {"Idempotency_Key": ""},
            {"Idempotency_Key": "x" * 129},
            {"Idempotency_Key": "käse"},
            {"Paidan_Device": "x" * 65},
            {"Transfer_Encoding": "chunked"},
            {"Host": "evil.example"},
            {"Cookie": "sessionid=nonsense"},
            {"Content_Length": str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)},
        ],
        ids=str,
    )
    def test_are_read_alike(self, edges: Edges, town: Town, headers: dict[str, str]) -> None:
        path = path_of("order.start", town.place()["id"])
        both(edges, path, headers=bearer(town.staff, **headers))

    @pytest.mark.parametrize(
        "value", ["Bearer nobody", "Bearer ", "Basic abc", "bearer", "Token x", ""]
    )
    def test_without_a_live_token_are_refused_alike(self, edges: Edges, value: str) -> None:
        said = both(edges, path_of("order.accept"), headers={"Authorization": value})
        assert (said.status, said.json()["code"]) == (401, "unauthenticated")

    def test_of_a_session_are_for_django(self, edges: Edges) -> None:
        assert both(edges, path_of("order.accept")).status == 401
        assert edges.handed_on == 1


class TestBody:
    @pytest.mark.parametrize(
        "body", [b"{", b"[]", b"null", b"3", b"[" * 20_000, b"\xff\xfe", b" ", b"{}", b'{"a":1}']
    )
    def test_is_read_alike(self, edges: Edges, town: Town, body: bytes) -> None:
        path = path_of("order.ready", town.place()["id"])
        both(edges, path, body, headers=bearer(town.staff))


class TestPath:
    @pytest.mark.parametrize(
        "path", ["/api/v1/orders/17/accept", f"/api/v1/orders/{ID.upper()}/accept",
                 f"/api/v1/orders/{ID}/accept/", f"/api/v1/orders/{ID}/dance", "/api/v1/",
                 f"/api/v1/orders/{ID}", "/api/v1/sessions"],
    )  # fmt: skip
    def test_of_no_command_is_for_django(self, edges: Edges, path: str) -> None:
        both(edges, path, headers=bearer(caller()))
        assert edges.handed_on == 1


class TestFault:
    def test_of_the_database_asks_to_come_again(
        self, edges: Edges, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: Any, **_options: Any) -> None:
            raise OperationalError(2013, "lost connection during query")

        path = path_of("order.accept", town.place()["id"])
        monkeypatch.setattr("core.events.work.publish", fail)
        said = both(edges, path, headers=bearer(town.staff))
        assert said.status == 503

    def test_of_our_own_is_logged_and_tells_its_request(
        self, edges: Edges, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def explode(*_arguments: Any, **_options: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("core.gate.run.run_repeatedly", explode)
        headers = bearer(caller(), Idempotency_Key=uuid4().hex)
        short = edges.short(path_of("order.accept"), headers=headers)
        long = edges.long(path_of("order.accept"), headers=headers)
        assert short.status == long.status == 500
        assert short.json() | {"request_id": ""} == long.json() | {"request_id": ""}
