"""An order from checkout to doorstep on the screens of all whom it concerns, at once."""

from pathlib import Path

from playwright.sync_api import expect

from tests.screens.board import card, is_silent, rings, stands_in
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, TABLET, Device
from tests.screens.seed import PEOPLE


CODE = "[data-code]"
"""What the customer tells at the door or shows at the counter."""


class TestDelivery:
    def test_travels_from_checkout_to_doorstep(self, device: Devices, pictures: Path) -> None:
        customer = device("customer", viewport=PHONE)
        boards = [device("staff"), device("helper", viewport=TABLET)]
        courier = device("courier", viewport=PHONE)
        for board in boards:
            board.open_board()
        _go_online(courier)

        order = customer.place_order()
        customer.sees_rule("free")
        for board in boards:
            rings(board)
            board.page.wait_for_function("window.notes > 0")
        _accept_on_the_first(boards, order)
        customer.sees_rule("minute")
        courier.deed("accept")
        _slide(courier, "arrive_pickup")

        _prepare(boards, order, customer)
        boards[1].page.screenshot(path=pictures / "board-busy.png")
        number = card(boards[0], order).locator(".order-number").first.inner_text()
        courier.deed("pick_up")
        courier.confirm(number=number.removeprefix("#"))
        customer.sees_state("handed_over")
        customer.sees_rule("left")

        _slide(courier, "arrive_dropoff")
        courier.deed("deliver")
        courier.confirm(pin=customer.page.locator(CODE).inner_text())
        customer.sees_state("completed")
        for board in boards:
            stands_in(board, order, "completed")
        expect(courier.page.locator("[data-leg]")).to_have_count(0)


class TestPickUp:
    def test_is_paid_on_line_and_handed_over_for_its_code(self, device: Devices) -> None:
        customer, board = device("customer", viewport=PHONE), device("staff")
        board.open_board()
        order = customer.place_order(fulfilment="pickup", payment="online")
        customer.sees_state("pending_payment")
        expect(card(board, order)).to_have_count(0)
        with customer.context.expect_page() as till:
            customer.deed("pay")
        till.value.click("button[value=succeeded]")
        customer.sees_state("placed")

        for deed in ("accept", "start", "mark_ready"):
            board.deed(deed, of=order)
        board.deed("hand_over", of=order)
        board.confirm(code=customer.page.locator(CODE).inner_text())
        customer.sees_state("completed")


def _accept_on_the_first(boards: list[Device], order: str) -> None:
    """One accepts; both are silent, and the other says who it was."""
    boards[0].deed("accept", of=order)
    for board in boards:
        is_silent(board)
    expect(card(boards[1], order).locator(".decider")).to_contain_text(PEOPLE["staff"][0])


def _prepare(boards: list[Device], order: str, customer: Device) -> None:
    """The customer asks to hurry, the first board answers, the second says it is ready."""
    boards[0].deed("start", of=order)
    customer.deed("nudge")
    boards[0].deed("reply_nudge", of=order)
    boards[0].confirm()
    expect(customer.page.locator("main")).to_contain_text("马上就好")
    boards[1].deed("mark_ready", of=order)


def _go_online(courier: Device) -> None:
    courier.open("courier/index")
    courier.is_live()
    courier.deed("go-online")
    expect(courier.page.locator("[data-deed=go-offline]")).to_have_count(1)


def _slide(courier: Device, step: str) -> None:
    """Take a step that is slid; the keyboard takes it as well."""
    courier.page.locator(f'[data-deed="{step}"]').first.press("Enter")
