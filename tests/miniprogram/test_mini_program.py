"""The mini-program that WeChat would run, run: its screens, its requests, its socket."""

from collections.abc import Callable

from tests.miniprogram.program import MiniProgram, Node, button, of_class
from tests.screens.api import Api
from tests.screens.installation import Installation
from tests.screens.seed import PASSWORD, PEOPLE


def field(kind: str) -> Callable[[Node], bool]:
    """The input for a telephone number, or for a password."""
    if kind == "password":
        return lambda node: node.tag == "input" and node.attributes.get("password") is True
    return lambda node: node.tag == "input" and node.attributes.get("type") == kind


def door(node: Node) -> bool:
    """The way to the town's board."""
    return node.has_class("link") and "马家面馆" in node.words


def log_in(phone: MiniProgram, installation: Installation, role: str) -> None:
    phone.tell("launch")
    phone.type(field("tel"), installation.town["phones"][role])
    phone.type(field("password"), PASSWORD)
    phone.tap(button("登录"))
    phone.sees(lambda node: PEOPLE[role][0] in node.text)


def card(order: dict[str, object]) -> Callable[[Node], bool]:
    return of_class("order", order=str(order["id"]))


def in_state(order: dict[str, object], state: str) -> Callable[[Node], bool]:
    return of_class("order", order=str(order["id"]), state=state)


class TestLogIn:
    def test_comes_first_and_leads_to_ones_doors(
        self, phone: MiniProgram, installation: Installation
    ) -> None:
        log_in(phone, installation, "staff")
        assert phone.look()["route"] == "doors/index"
        phone.sees(door)

    def test_refuses_a_wrong_password_in_words(
        self, phone: MiniProgram, installation: Installation
    ) -> None:
        phone.tell("launch")
        phone.type(field("tel"), installation.town["phones"]["staff"])
        phone.type(field("password"), "wrong")
        phone.tap(button("登录"))
        phone.sees(of_class("alert"))
        assert phone.look()["route"] == "login/index"


class TestBoard:
    def test_shows_an_order_as_it_is_placed_and_accepts_it(
        self, phone: MiniProgram, installation: Installation
    ) -> None:
        log_in(phone, installation, "staff")
        phone.tap(door)
        phone.sees(of_class("freshness", state="live"))
        order = Api(installation, "customer").place_order(fulfilment="pickup", note="少放辣椒")
        shown = phone.sees(in_state(order, "placed"))
        assert f"#{order['number']}" in shown.words
        assert "少放辣椒" in shown.words
        accept = next(node for node in shown if button("接单")(node))
        phone.tell("fire", node=accept.number, event="tap")
        phone.sees(in_state(order, "accepted"))
        told = Api(installation, "customer").ask("GET", f"/orders/{order['id']}")
        assert told["state"] == "accepted"

    def test_follows_what_another_board_does(
        self, phone: MiniProgram, installation: Installation
    ) -> None:
        order = Api(installation, "customer").place_order(fulfilment="pickup")
        log_in(phone, installation, "helper")
        phone.tell("open", url=f"/board/index?shop={installation.town['merchant']}")
        phone.sees(in_state(order, "placed"))
        Api(installation, "staff").post(f"/orders/{order['id']}/accept")
        phone.sees(in_state(order, "accepted"))
        phone.sees(lambda node: node.has_class("decider") and PEOPLE["staff"][0] in node.words)


class TestTracking:
    def test_follows_the_order_of_a_customer(
        self, phone: MiniProgram, installation: Installation
    ) -> None:
        log_in(phone, installation, "customer")
        order = Api(installation, "customer").place_order()
        phone.tell("open", url=f"/order/index?id={order['id']}")
        phone.sees(lambda node: node.attributes.get("data-state") == "placed")
        Api(installation, "staff").post(f"/orders/{order['id']}/accept")
        phone.sees(lambda node: node.attributes.get("data-state") == "accepted")
