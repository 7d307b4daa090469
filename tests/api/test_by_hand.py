"""What operators do by hand: they must say why, and the timeline keeps who and why."""

from typing import Any

import pytest

from tests.api.town import Caller, Town, caller


pytestmark = pytest.mark.django_db

WHY = "the customer called"


@pytest.fixture
def operator() -> Caller:
    return caller(is_operator=True)


def last(operator: Caller, path: str, kind: str) -> dict[str, Any]:
    """Return the newest fact of `kind` in a timeline, and that its actor has a name."""
    told = operator.get(f"{path}/timeline").json()
    fact: dict[str, Any] = [each for each in told["items"] if each["type"] == kind][-1]
    assert fact["actor"]["id"] in told["people"]
    return fact


class TestOrders:
    def test_are_held_and_released_with_a_reason(self, town: Town, operator: Caller) -> None:
        path = f"/orders/{town.place()['id']}"
        assert operator.post(f"{path}/hold", {"reason": WHY}).status_code == 200
        refused = operator.post(f"{path}/release")
        assert refused.json()["code"] == "reason_required"
        assert operator.post(f"{path}/release", {"reason": "sorted out"}).status_code == 200
        assert last(operator, path, "order.held")["actor"]["reason"] == WHY
        assert last(operator, path, "order.released")["actor"]["reason"] == "sorted out"

    def test_are_stopped_with_what_the_operator_adds(self, town: Town, operator: Caller) -> None:
        path = f"/orders/{town.place()['id']}"
        operator.post(f"{path}/stop", {"reason": "fraud", "note": WHY})
        fact = last(operator, path, "order.cancelled")
        assert (fact["data"]["reason"], fact["actor"]["reason"]) == ("fraud", WHY)

    def test_tell_their_parties_nothing_of_the_reason(self, town: Town, operator: Caller) -> None:
        path = f"/orders/{town.place()['id']}"
        operator.post(f"{path}/stop", {"reason": "fraud", "note": WHY})
        told = town.customer.get(f"{path}/timeline")
        assert WHY not in told.content.decode()
        assert "people" not in told.json()
        late = town.staff.post(f"{path}/accept")
        assert late.status_code == 409
        assert WHY not in late.content.decode()


class TestShops:
    def test_are_paused_and_reopened_with_a_reason(self, town: Town, operator: Caller) -> None:
        path = f"/merchants/{town.merchant.pk}"
        assert operator.post(f"{path}/pause").json()["code"] == "reason_required"
        operator.post(f"{path}/pause", {"minutes": 30, "reason": "no power"})
        assert last(operator, path, "store.paused")["actor"]["reason"] == "no power"
        assert operator.get(f"{path}/timeline").json()["merchant"]["paused_until"] is not None
        assert operator.post(f"{path}/resume").json()["code"] == "reason_required"
        operator.post(f"{path}/resume", {"reason": "power is back"})
        assert last(operator, path, "store.resumed")["actor"]["reason"] == "power is back"

    def test_need_no_reason_of_their_own_people(self, town: Town) -> None:
        path = f"/merchants/{town.merchant.pk}"
        assert town.staff.post(f"{path}/pause").status_code == 200
        assert town.staff.post(f"{path}/resume").status_code == 200

    def test_show_their_timeline_to_operators_alone(self, town: Town) -> None:
        assert town.staff.get(f"/merchants/{town.merchant.pk}/timeline").status_code == 403
