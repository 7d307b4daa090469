"""The kitchen's ticket over HTTP: every board hears what the others have printed."""

from typing import Any

import pytest

from core.kitchen.models import TicketPrint
from core.orders.models import OrderLine
from core.people.models import Membership
from tests.api.town import Caller, Town, build_town, caller


pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return build_town()


def printed(who: Caller, order: str, *, copies: int = 1, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return who.post(f"/orders/{order}/tickets", {"copies": copies}, headers)


def ticket(who: Caller, order: str, **options: Any) -> dict[str, Any]:
    answer = printed(who, order, **options)
    assert answer.status_code == 200, answer.content
    made: dict[str, Any] = answer.json()["ticket"]
    return made


def colleague(town: Town) -> Caller:
    somebody = caller()
    Membership.objects.create(person=somebody.person, merchant=town.merchant)
    return somebody


class TestPrint:
    def test_is_the_first_and_then_a_reprint_on_any_board(self, town: Town) -> None:
        order = town.place()["id"]
        first = ticket(town.staff, order, copies=2)
        again = ticket(colleague(town), order)
        assert (first["mark"], first["before"]) == ("first", None)
        assert (again["mark"], again["before"]["by"]) == ("reprint", town.staff.person.name)
        assert again["id"] == first["id"] == order
        assert again["code"] == first["code"] == f"paidan:ticket:{order}:1"
        assert (first["serial"], again["serial"]) == (1, 2)

    def test_says_what_changed_after_an_adjustment(self, town: Town) -> None:
        order = town.place()["id"]
        ticket(town.staff, order)
        OrderLine.objects.filter(order=order).update(quantity=3)
        changed = ticket(town.staff, order)
        assert (changed["mark"], changed["revision"]) == ("changed", 2)
        difference = {"kind": "quantity", "name": "Noodles", "before": 1, "now": 3}
        assert changed["changes"] == [difference]
        assert ticket(town.staff, order)["mark"] == "reprint"

    def test_is_no_other_paper_because_the_order_went_on(self, town: Town) -> None:
        order = town.place()["id"]
        ticket(town.staff, order)
        assert town.staff.post(f"/orders/{order}/accept").status_code == 200
        assert ticket(town.staff, order)["mark"] == "reprint"

    def test_is_counted_once_however_often_its_request_arrives(self, town: Town) -> None:
        order = town.place()["id"]
        first = ticket(town.staff, order, key="one")
        assert ticket(town.staff, order, key="one") == first
        assert TicketPrint.objects.count() == 1

    def test_of_a_cancelled_order_says_so(self, town: Town) -> None:
        order = town.place()["id"]
        ticket(town.staff, order)
        assert town.customer.post(f"/orders/{order}/cancel").status_code == 200
        ended = ticket(town.staff, order)
        assert (ended["mark"], ended["changes"]) == ("changed", [{"kind": "cancelled"}])


class TestRefusal:
    def test_is_for_the_shop_only(self, town: Town) -> None:
        order = town.place()["id"]
        assert printed(town.customer, order).status_code == 403
        assert printed(caller(), order).status_code == 404
        assert printed(caller(is_operator=True), order).status_code == 200

    def test_comes_before_the_shop_has_the_order(self, town: Town) -> None:
        order = town.place(payment_method="online")["id"]
        answer = printed(town.staff, order)
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_print")

    @pytest.mark.parametrize("copies", [0, 10])
    def test_bounds_the_copies(self, town: Town, copies: int) -> None:
        assert printed(town.staff, town.place()["id"], copies=copies).status_code == 422

    def test_ends_a_loop(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.kitchen.commands.MOST_PRINTS", 1)
        order = town.place()["id"]
        ticket(town.staff, order)
        answer = printed(town.staff, order)
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_prints")
