"""What a page does about its connection: go round proxies, and tell how its device is doing."""

from typing import Final

from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE
from web.languages import words_in


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


class TestHealth:
    def test_of_a_board_reaches_the_operators(self, device: Devices) -> None:
        board, operator = device("staff"), device("operator")
        board.open(f"/board/{board.installation.town['merchant']}")
        board.is_live()
        operator.open("/operator")
        muted = operator.page.locator("#boards li").get_by_text(
            words_in("zh-CN")["complaints"]["muted"]
        )
        expect(muted).to_be_visible(timeout=PINGED_MS)
        board.page.click("#enable-sound")
        expect(muted).to_have_count(0, timeout=PINGED_MS)
