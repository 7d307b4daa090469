"""The order board: it rings, falls silent, goes on without a network and asks what it must."""

import re

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.board import card, code_of, is_silent, rings, stands_in
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, TABLET, Device
from tests.screens.installation import Installation
from tests.screens.seed import PEOPLE


@pytest.fixture
def customer(device: Devices, installation: Installation) -> Api:
    return Api(installation, "customer")


def follow(customer: Api, order: str) -> dict[str, object]:
    """Return the order as the customer sees it."""
    return customer.ask("GET", f"/orders/{order}")


def sees_state(customer: Api, board: Device, order: str, state: str) -> None:
    """Wait until the board shows the state, and see that it is the truth."""
    stands_in(board, order, state)
    assert follow(customer, order)["state"] == state


def press_together(boards: list[Device], button: str) -> None:
    """Press the button on all boards within a few milliseconds."""
    at = boards[0].page.evaluate("Date.now() + 1000")
    for board in boards:
        board.page.evaluate(
            """([button, at]) => {
                const element = document.querySelector(button);
                setTimeout(() => element.click(), at - Date.now());
            }""",
            [button, at],
        )


class TestNetwork:
    def test_catches_up_after_a_tunnel_and_says_so(self, device: Devices, customer: Api) -> None:
        board = device("staff")
        board.open_board()
        badge = board.page.locator(".freshness")
        board.context.set_offline(True)
        expect(badge).to_have_attribute("data-state", re.compile("reconnecting|offline"))
        order = customer.place_order(fulfilment="pickup")["id"]
        expect(card(board, order)).to_have_count(0)
        board.context.set_offline(False)
        stands_in(board, order, "placed")
        expect(badge).to_have_attribute("data-state", re.compile("live|replayed"))
        rings(board)
        board.deed("reject", of=order)
        board.confirm()
        sees_state(customer, board, order, "cancelled")
        is_silent(board)

    def test_does_once_the_network_is_back_what_was_pressed_without_it(
        self, device: Devices, customer: Api
    ) -> None:
        board = device("staff")
        board.open_board()
        order = customer.place_order(fulfilment="pickup")["id"]
        stands_in(board, order, "placed")
        board.context.set_offline(True)
        expect(board.page.locator(".freshness")).to_have_attribute(
            "data-state", re.compile("reconnecting|offline")
        )
        board.deed("accept", of=order)
        expect(card(board, order).locator("[data-deed=accept]")).to_have_attribute(
            "aria-busy", "true"
        )
        board.context.set_offline(False)
        sees_state(customer, board, order, "accepted")

    def test_wakes_from_a_sleep_with_what_happened_meanwhile(
        self, device: Devices, customer: Api
    ) -> None:
        board = device("staff", viewport=TABLET)
        board.open_board()
        browser = board.context.new_cdp_session(board.page)
        browser.send("Page.setWebLifecycleState", {"state": "frozen"})
        order = customer.place_order(fulfilment="pickup")["id"]
        browser.send("Page.setWebLifecycleState", {"state": "active"})
        stands_in(board, order, "placed")
        rings(board)
        board.deed("accept", of=order)
        sees_state(customer, board, order, "accepted")
        is_silent(board)


class TestTwoBoards:
    def test_that_accept_at_once_have_one_winner_and_the_other_learns_who(
        self, device: Devices, customer: Api
    ) -> None:
        boards = [device("staff"), device("helper", viewport=TABLET)]
        for board in boards:
            board.open_board()
        placed = customer.place_order(fulfilment="pickup")
        order = placed["id"]
        for board in boards:
            stands_in(board, order, "placed")
        press_together(boards, f'[data-order="{order}"] [data-deed=accept]')
        for board in boards:
            stands_in(board, order, "accepted")
            is_silent(board)
        assert follow(customer, order)["version"] == placed["version"] + 1
        said = {card(board, order).locator(".decider").inner_text() for board in boards}
        names = {PEOPLE[role][0] for role in ("staff", "helper") if PEOPLE[role][0] in str(said)}
        assert len(said) == len(names) == 1, said
        loser = boards[0] if PEOPLE["helper"][0] in names else boards[1]
        expect(loser.page.locator(".toast").first).to_contain_text(names.pop())

    def test_fall_silent_when_one_acknowledges(self, device: Devices, customer: Api) -> None:
        board, other = device("staff"), device("helper", viewport=TABLET)
        board.open_board()
        other.open_board()
        order = customer.place_order(fulfilment="pickup")["id"]
        rings(board)
        rings(other)
        board.page.locator("main").press("Space")
        for silent in (board, other):
            is_silent(silent)
        stands_in(other, order, "placed")
        customer.post(f"/orders/{order}/cancel")


class TestStopCard:
    def test_stays_and_rings_until_the_kitchen_says_it_stopped(
        self, device: Devices, customer: Api
    ) -> None:
        board = device("staff", viewport=PHONE)
        board.open_board()
        order = customer.place_order(fulfilment="pickup")["id"]
        board.deed("accept", of=order)
        is_silent(board)
        customer.post(f"/orders/{order}/cancel")
        stopped = board.page.locator(f'[data-order="{order}"].stopped')
        expect(stopped).to_have_count(1)
        rings(board)
        board.deed("stopped", of=order)
        is_silent(board)
        expect(stopped).to_have_count(0)


class TestKeys:
    def test_take_an_order_through_the_kitchen(self, device: Devices, customer: Api) -> None:
        board = device("staff")
        board.open_board()
        order = customer.place_order(fulfilment="pickup")["id"]
        stands_in(board, order, "placed")
        keys = board.page.keyboard
        board.page.locator(f'[data-order="{order}"] .order-number').click()
        keys.press("?")
        expect(board.page.locator("dialog")).to_contain_text("P")
        keys.press("Escape")
        expect(board.page.locator("dialog")).to_have_count(0)
        for key, lane in (("a", "accepted"), ("Enter", "preparing"), ("f", "ready")):
            keys.press(key)
            stands_in(board, order, lane)
        keys.press("h")
        board.confirm(code=code_of(follow(customer, order)))
        stands_in(board, order, "completed")

    def test_say_that_it_takes_longer(self, device: Devices, customer: Api) -> None:
        board = device("staff")
        board.open_board()
        order = customer.place_order(fulfilment="pickup")["id"]
        board.deed("accept", of=order)
        stands_in(board, order, "accepted")
        board.page.locator(f'[data-order="{order}"] .order-number').click()
        board.page.keyboard.press("d")
        expect(card(board, order)).to_contain_text("已延时 5 分钟")
        board.deed("stop", of=order)
        board.confirm()
        stands_in(board, order, "cancelled")


class TestNobodyDelivers:
    def test_lets_the_shop_deliver_it_itself(self, device: Devices, customer: Api) -> None:
        board = device("staff")
        board.open_board()
        order = customer.place_order()["id"]
        for step in ("accept", "start", "mark_ready"):
            board.deed(step, of=order)
        stands_in(board, order, "ready")
        board.installation.run("tests.screens.age_searches")
        question = card(board, order).locator('[data-question="no_courier"]')
        rings(board)
        expect(card(board, order).locator("[data-due='leg.alarm']")).to_have_count(1)
        board.deed("wait", of=order)
        board.confirm()
        is_silent(board)
        expect(question).to_have_count(0)
        expect(card(board, order).locator('[data-question="waiting"]')).to_have_count(1)
        board.installation.run("tests.screens.end_waits")
        board.deed("self_deliver", of=order)
        expect(board.page.locator("dialog [type=radio]")).to_have_count(2)
        board.confirm()
        board.deed("hand_over", of=order)
        board.deed("deliver", of=order)
        board.confirm(pin=code_of(follow(customer, order)))
        sees_state(customer, board, order, "completed")

    def test_asks_the_customer_to_collect_it(self, device: Devices, customer: Api) -> None:
        board = device("staff")
        board.open_board()
        order = customer.place_order()["id"]
        board.deed("accept", of=order)
        stands_in(board, order, "accepted")
        board.installation.run("tests.screens.age_searches")
        board.deed("propose_pickup", of=order)
        board.confirm()
        asked = card(board, order).locator('[data-question="pickup_asked"]')
        expect(asked.locator("[role=timer]")).to_have_count(1)
        customer.post(f"/orders/{order}/answer-pickup", agree=True)
        expect(card(board, order).locator("[data-question]")).to_have_count(0)
        board.deed("mark_ready", of=order)
        board.deed("hand_over", of=order)
        board.confirm(code=code_of(follow(customer, order)))
        sees_state(customer, board, order, "completed")

    def test_gives_the_money_back_who_would_not_come(self, device: Devices, customer: Api) -> None:
        board = device("staff")
        board.open_board()
        order = customer.place_order()["id"]
        board.deed("accept", of=order)
        stands_in(board, order, "accepted")
        board.installation.run("tests.screens.age_searches")
        board.deed("propose_pickup", of=order)
        board.confirm()
        expect(card(board, order).locator('[data-question="pickup_asked"]')).to_have_count(1)
        customer.post(f"/orders/{order}/answer-pickup", agree=False)
        board.deed("stopped", of=order)
        stands_in(board, order, "cancelled")

    def test_ends_it_for_want_of_a_courier(self, device: Devices, customer: Api) -> None:
        board = device("staff")
        board.open_board()
        order = customer.place_order()["id"]
        board.deed("accept", of=order)
        stands_in(board, order, "accepted")
        board.installation.run("tests.screens.age_searches")
        board.deed("stop_no_courier", of=order)
        board.confirm()
        sees_state(customer, board, order, "cancelled")
