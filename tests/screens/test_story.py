"""An order on the screens of the people it concerns, all of them open at once."""

from playwright.sync_api import expect

from tests.acceptance.devices import PHONE, TABLET
from tests.acceptance.seed import PEOPLE
from tests.screens.conftest import Devices


class TestTwoBoards:
    def test_fall_silent_together_and_say_who_accepted(self, device: Devices) -> None:
        customer = device("customer", viewport=PHONE)
        boards = [device("staff"), device("helper", viewport=TABLET)]
        for board in boards:
            board.open_board()
        order = customer.place_order(fulfilment="pickup")
        customer.sees_rule("free")
        for board in boards:
            expect(board.page.locator(".ringing-bar")).to_have_count(1)
            board.page.wait_for_function("window.notes > 0")
        boards[0].deed("accept", of=order)
        for board in boards:
            expect(board.page.locator(".ringing-bar")).to_have_count(0)
        decider = boards[1].page.locator(f'[data-order="{order}"] .decider')
        expect(decider).to_contain_text(PEOPLE["staff"][0])
        customer.sees_state("accepted")
