"""Tickets for the kitchen: copies, and papers that say what they are on every board."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.board import can_print, printed, stands_in
from tests.screens.conftest import Devices
from tests.screens.devices import TABLET, Device
from tests.screens.installation import Installation
from tests.screens.seed import PEOPLE


@pytest.fixture
def customer(device: Devices, installation: Installation) -> Api:
    return Api(installation, "customer")


def board_with_printer(device: Devices, role: str = "staff", **options: Any) -> Device:
    board = device(role, **options)
    can_print(board)
    board.open_board()
    return board


def accepted(board: Device, customer: Api) -> dict[str, Any]:
    """Place an order, and accept it at the board."""
    order = customer.place_order(fulfilment="pickup", note="少辣")
    stands_in(board, order["id"], "placed")
    board.deed("accept", of=order["id"])
    stands_in(board, order["id"], "accepted")
    return order


class TestTicket:
    def test_is_first_then_a_reprint_on_the_other_board_then_changed(
        self, device: Devices, customer: Api, pictures: Path
    ) -> None:
        board = board_with_printer(device)
        other = board_with_printer(device, "helper", viewport=TABLET)
        order = accepted(board, customer)
        board.deed("print", of=order["id"])
        (paper,) = printed(board, 1, "first").all()
        board.page.emulate_media(media="print")
        expect(paper).to_contain_text(f"#{order['number']}")
        expect(paper).to_contain_text("少辣")
        expect(paper.locator("img.qr")).to_be_visible()
        expect(board.page.locator(".lanes")).to_be_hidden()
        board.page.screenshot(path=pictures / "ticket-first.png", full_page=True)
        board.page.emulate_media(media="screen")
        expect(paper).to_be_hidden()

        other.deed("print", of=order["id"])
        papers = printed(other, 1, "reprint")
        expect(papers).to_contain_text("重打")
        expect(papers).to_contain_text(PEOPLE["staff"][0])

        board.deed("propose_adjustment", of=order["id"])
        board.page.locator('dialog [aria-label$=" 兰州牛肉面"]').first.click()
        board.choose("adjust")
        board.confirm()
        other.page.locator(f'[data-order="{order["id"]}"] .badge.alert').wait_for()
        other.deed("print", of=order["id"])
        changed = printed(other, 2, "changed")
        expect(changed).to_contain_text("1 → 0")
        assert changed.get_attribute("data-ticket") == order["id"]

    def test_comes_in_copies_and_by_itself_where_a_device_wants_that(
        self, device: Devices, customer: Api
    ) -> None:
        board = board_with_printer(device, locale="en")
        board.deed("settings")
        board.choose("2")
        board.page.locator("dialog [name=prints_by_itself]").check(force=True)
        board.deed("no")
        order = accepted(board, customer)
        papers = printed(board, 1, "first")
        expect(papers).to_have_count(2)
        expect(papers.last).to_contain_text("Copy 2 of 2")
        board.deed("print", of=order["id"])
        expect(printed(board, 2, "reprint").first).to_contain_text("REPRINT")

    def test_says_that_it_may_be_a_copy_where_nobody_could_be_asked(
        self, device: Devices, customer: Api
    ) -> None:
        board = board_with_printer(device)
        order = accepted(board, customer)
        board.context.set_offline(True)
        expect(board.page.locator(".freshness")).to_have_attribute("data-state", "offline")
        board.deed("print", of=order["id"])
        expect(printed(board, 1, "unsure")).to_contain_text("可能是重复单")
        board.context.set_offline(False)
        board.is_live()
        board.deed("print", of=order["id"])
        printed(board, 2, "first")
