"""Reading orders: one's own, page by page, and all of them for operators."""

from uuid import uuid4

import pytest

from core.clock import clock
from core.deadlines.models import Deadline
from tests.api.town import Caller, Town, caller


pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Caller:
    return caller(is_operator=True)


class TestOwnOrders:
    def test_come_newest_first_page_by_page(self, town: Town) -> None:
        placed = [town.place()["id"] for _ in range(3)]
        first = town.customer.get("/orders", limit=2).json()
        second = town.customer.get("/orders", limit=2, after=first["next"]).json()
        seen = [order["id"] for order in first["items"] + second["items"]]
        assert seen == placed[::-1]
        assert second["next"] is None

    def test_are_nobody_elses(self, town: Town) -> None:
        town.place()
        assert town.staff.get("/orders").json()["items"] == []

    def test_show_the_code_to_the_customer_alone(self, town: Town) -> None:
        order = town.place()
        assert order["handover_code"]
        seen = town.staff.get(f"/orders/{order['id']}").json()
        assert "handover_code" not in seen

    @pytest.mark.parametrize("after", ["nonsense", "bm9uZXxub25l", "\u00e9"])
    def test_refuse_a_foreign_cursor(self, town: Town, after: str) -> None:
        answer = town.customer.get("/orders", after=after)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")

    @pytest.mark.parametrize("limit", [0, 101, "many", 10**30])
    def test_refuse_a_foolish_limit(self, town: Town, limit: object) -> None:
        assert town.customer.get("/orders", limit=limit).status_code == 422


class TestNextDeadline:
    def test_tells_what_happens_by_itself(self, town: Town) -> None:
        order = town.place()
        coming = order["next_deadline"]
        assert (coming["kind"], coming["outcome"]) == ("order.accept", "cancelled")
        assert coming["due_at"] == order["deadlines"]["order.accept"]

    def test_is_another_after_each_step(self, town: Town) -> None:
        order = town.place()
        town.staff.post(f"/orders/{order['id']}/accept")
        coming = town.customer.get(f"/orders/{order['id']}").json()["next_deadline"]
        assert (coming["kind"], coming["outcome"]) == ("order.overdue", "closed")

    def test_is_none_of_an_order_that_has_ended(self, town: Town) -> None:
        order = town.place()
        town.customer.post(f"/orders/{order['id']}/cancel")
        ended = town.customer.get(f"/orders/{order['id']}").json()
        assert (ended["open"], ended["next_deadline"]) == (False, None)


class TestTimeline:
    def test_tells_the_story_without_naming_people(self, town: Town) -> None:
        order = town.place()
        town.staff.post(f"/orders/{order['id']}/accept")
        story = town.customer.get(f"/orders/{order['id']}/timeline").json()["items"]
        assert [fact["type"] for fact in story] == ["order.placed", "order.accepted"]
        assert story[1]["actor"] == {"type": "merchant"}

    def test_tells_operators_everything(self, town: Town, operator: Caller) -> None:
        order = town.place()
        town.staff.post(f"/orders/{order['id']}/accept")
        story = operator.get(f"/orders/{order['id']}/timeline").json()["items"]
        accepted = next(fact for fact in story if fact["type"] == "order.accepted")
        assert accepted["actor"]["id"] == str(town.staff.person.pk)


class TestOverview:
    def test_counts_what_is_live(self, town: Town, operator: Caller) -> None:
        town.place()
        overview = operator.get("/operator/overview").json()
        assert overview["orders"]["live"] == 1
        assert overview["orders"]["by_state"]["placed"] == 1
        assert {"alerts", "couriers", "flagged", "legs", "refunds"} <= set(overview)
        kinds = [deadline["kind"] for deadline in overview["deadlines"]["next"]]
        assert "order.accept" in kinds

    def test_lets_nothing_technical_crowd_out_what_breaks(
        self, town: Town, operator: Caller
    ) -> None:
        town.place()
        now = clock().now()
        Deadline.objects.bulk_create(
            Deadline(kind=kind, subject=uuid4(), due_at=now)
            for kind in ("courier.watch", "leg.dispatch", "leg.widen")
            for _ in range(20)
        )
        shown = operator.get("/operator/overview").json()["deadlines"]["next"]
        assert "order.accept" in {deadline["kind"] for deadline in shown}
        assert "leg.widen" not in {deadline["kind"] for deadline in shown}

    @pytest.mark.parametrize("path", ["/operator/overview", "/operator/orders"])
    def test_is_for_operators(self, town: Town, path: str) -> None:
        assert town.staff.get(path).status_code == 403


class TestSearch:
    def test_finds_by_whatever_is_known(self, town: Town, operator: Caller) -> None:
        order = town.place()
        known = [order["id"], str(order["number"]), town.customer.person.phone, "oodle", ""]
        for query in known:
            found = operator.get("/operator/orders", query=query).json()["items"]
            assert [each["id"] for each in found] == [order["id"]], query

    def test_finds_nothing_else(self, town: Town, operator: Caller) -> None:
        town.place()
        for query in ("nobody", "999999999", "123456789012345", "%", "_____"):
            assert operator.get("/operator/orders", query=query).json()["items"] == [], query

    def test_keeps_to_state_and_flag(self, town: Town, operator: Caller) -> None:
        town.place()
        assert operator.get("/operator/orders", state="ready").json()["items"] == []
        assert operator.get("/operator/orders", flagged=True).json()["items"] == []
        assert len(operator.get("/operator/orders", state="placed").json()["items"]) == 1
