"""What a page does about its connection: go round proxies, and tell how its device is doing."""

from typing import Final

from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE


# As a company's proxy that does not know WebSocket: each one fails before it is open.
NO_SOCKETS: Final = """
  window.WebSocket = class {
    constructor() {
      setTimeout(() => this.onclose?.({ code: 1006, reason: "" }));
    }
    close() {}
  };
"""
PINGED_MS: Final = 60_000
"""A ping comes within 20 s; what its answer tells is written and shown a little later."""


class TestStream:
    def test_carries_a_board_where_sockets_fail(self, device: Devices) -> None:
        board, other = device("staff"), device("helper")
        customer = device("customer", viewport=PHONE)
        board.context.add_init_script(NO_SOCKETS)
        board.open_board()
        other.open_board()
        expect(board.page.locator("#freshness")).to_have_attribute("data-transport", "stream")

        order = customer.place_order(fulfilment="pickup")
        expect(board.page.locator(f'[data-order="{order}"]')).to_have_count(1)
        expect(board.rings).to_have_count(1)
        expect(other.rings).to_have_count(1)
        board.page.keyboard.press("Space")
        expect(other.rings).to_have_count(0)
        board.deed("accept", of=order)
        customer.sees_state("accepted")
        board.deed("start", of=order)
        customer.sees_state("preparing")
