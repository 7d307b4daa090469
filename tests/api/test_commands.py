"""Commands over HTTP: once per key, and only on the version that was looked at."""

import pytest

from core.events.models import Event
from core.merchants.models import Merchant
from tests.api.town import Town


pytestmark = pytest.mark.django_db


@pytest.fixture
def path(town: Town) -> str:
    """A command that counts versions."""
    return f"/merchants/{town.merchant.pk}/pause"


class TestIdempotencyKey:
    def test_answers_again_without_doing_it_again(self, town: Town, path: str) -> None:
        key = {"Idempotency-Key": "one"}
        first = town.staff.post(path, {"minutes": 10}, key)
        second = town.staff.post(path, {"minutes": 10}, key)
        assert first.json() == second.json()
        assert Merchant.objects.get().version == 2

    def test_refuses_another_body(self, town: Town, path: str) -> None:
        key = {"Idempotency-Key": "one"}
        town.staff.post(path, {"minutes": 10}, key)
        answer = town.staff.post(path, {"minutes": 20}, key)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    @pytest.mark.parametrize("key", ["", "x" * 129])
    def test_has_a_bounded_length(self, town: Town, path: str, key: str) -> None:
        assert town.staff.post(path, {}, {"Idempotency-Key": key}).status_code == 422


class TestExpectedVersion:
    @pytest.mark.parametrize("name", ["If-Match", "Paidan-Expected-Version"])
    def test_lets_the_current_one_pass(self, town: Town, path: str, name: str) -> None:
        assert town.staff.post(path, {}, {name: "1"}).status_code == 200

    def test_refuses_an_old_one_and_tells_the_new(self, town: Town, path: str) -> None:
        town.staff.post(path)
        answer = town.staff.post(path, {}, {"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")
        assert answer.json()["version"] == 2

    @pytest.mark.parametrize("value", ["*", 'W/"1"', "one", "-1", "9" * 40])
    def test_refuses_what_is_no_version(self, town: Town, path: str, value: str) -> None:
        assert town.staff.post(path, {}, {"If-Match": value}).status_code == 422

    def test_refuses_two_that_differ(self, town: Town, path: str) -> None:
        headers = {"If-Match": '"1"', "Paidan-Expected-Version": "2"}
        answer = town.staff.post(path, {}, headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "versions_differ")


class TestCommand:
    def test_needs_no_body_when_nothing_must_be_said(self, town: Town, path: str) -> None:
        assert town.staff.post(path).status_code == 200

    def test_is_recorded_with_person_and_device(self, town: Town, path: str) -> None:
        town.staff.post(path, {}, {"Paidan-Device": "till-1"})
        actor = Event.objects.get(type="store.paused").actor
        person_id = str(town.staff.person.pk)
        assert actor == {"type": "merchant", "id": person_id, "device": "till-1"}

    def test_in_the_wrong_state_tells_what_is_possible(self, town: Town) -> None:
        order = town.place()
        answer = town.staff.post(f"/orders/{order['id']}/ready").json()
        assert answer["code"] == "illegal_transition"
        assert answer["state"] == "placed"
        assert "accept" in answer["allowed"]
        assert answer["order"]["id"] == order["id"]
