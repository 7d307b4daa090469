"""What operators read of the ladders, over HTTP."""

from typing import Any

import pytest

from core.people.models import Person
from notifications.ladders.memory import memory
from notifications.preferences.queries import get_preferences
from tests.builders import act, make_token
from tests.notifications.delivery.town import NOON, person, shop, staff


pytestmark = pytest.mark.django_db

STEPS = [
    {"channel": "push", "after_seconds": 5},
    {"channel": "operator", "after_seconds": 120},
]


def ask(client: Any, who: Person, path: str = "") -> Any:
    headers = {"Authorization": f"Bearer {make_token(who)}"}
    return client.get(f"/api/v1/ladders{path}", headers=headers)


def configure(who: Person, **more: Any) -> None:
    act("ladder.configure", by=who, now=NOON, template="new_order", steps=STEPS, **more)
    memory.forget()


class TestList:
    def test_holds_every_kind_with_its_own_steps(self, client: Any, operator: Person) -> None:
        items = ask(client, operator).json()["items"]
        found = {each["scope"]: each for each in items}
        assert found["merchant.order_alert"]["steps"] is None
        (kind,) = found["new_order"]["kinds"]
        assert [each["channel"] for each in kind["own_steps"]] == [
            *("push", "push", "sms", "call", "operator")
        ]
        assert (kind["lifetime_seconds"], kind["needs_act"]) == (300, True)
        assert found["order_accepted"]["kinds"][0]["channels"] == ["push", "wechat"]

    def test_of_a_shop_holds_its_notices_only(self, client: Any, operator: Person) -> None:
        merchant = shop()
        configure(operator, merchant_id=str(merchant.pk))
        answer = ask(client, operator, f"?merchant_id={merchant.pk}").json()
        assert {each["role"] for each in answer["items"]} == {"merchant"}
        (own,) = [each for each in answer["items"] if each["steps"]]
        assert own["scope"] == f"new_order@{merchant.pk}"
        assert answer["shops"] == [{"id": str(merchant.pk), "name": merchant.name}]

    def test_is_for_operators(self, client: Any) -> None:
        answer = ask(client, staff(shop()))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


class TestOne:
    def test_tells_what_counts_and_who_changed_it(self, client: Any, operator: Person) -> None:
        configure(operator, reason="calls help")
        answer = ask(client, operator, "/kinds/new_order").json()
        assert answer["ladder"]["version"] == 1
        assert answer["counting"]["new_order"]["ladder"] == "new_order#1"
        (change,) = answer["changes"]
        assert (change["reason"], change["actor"]["id"]) == ("calls help", str(operator.pk))

    def test_of_a_shop_without_steps_names_whose_count(
        self, client: Any, operator: Person
    ) -> None:
        configure(operator)
        path = f"/groups/merchant/order_alert?merchant_id={shop().pk}"
        answer = ask(client, operator, path).json()
        assert (answer["ladder"]["version"], answer["changes"]) == (0, [])
        assert answer["counting"]["new_order"]["ladder"] == "new_order#1"
        assert answer["counting"]["no_courier"]["ladder"] == ""

    @pytest.mark.parametrize("path", ["/kinds/fax", "/groups/courier/marketing"])
    def test_needs_notices_to_climb_it(self, client: Any, operator: Person, path: str) -> None:
        assert ask(client, operator, path).status_code == 404


class TestChoices:
    def test_are_offered_for_what_operators_let_be_sent(self, operator: Person) -> None:
        courier = person("Sun", is_courier=True)
        texts = ("pickup_offer", "sms")
        assert texts not in offered(courier)
        steps = [{"channel": "push", "after_seconds": 0}, {"channel": "sms", "after_seconds": 20}]
        act("ladder.configure", by=operator, now=NOON, template="pickup_offer", steps=steps)
        memory.forget()
        assert offered(courier)[texts] == ["off", "on"]


def offered(who: Person) -> dict[tuple[str, str], list[str]]:
    """Return what somebody may choose, by category and channel."""
    found = get_preferences(who)
    return {(each["category"], each["channel"]): each["choices"] for each in found}
