"""What a screen does about its connection: it goes round proxies that know no sockets."""

from typing import Final

from tests.screens.board import bar, card, is_silent, rings
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE


# As a company's proxy that does not know WebSocket: each one fails before it is open.
NO_SOCKETS: Final = """
  window.WebSocket = class {
    constructor() {
      setTimeout(() => this.onclose?.({ code: 1006, reason: "" }));
    }
    close() {}
  };
"""


class TestStream:
    def test_carries_a_board_where_sockets_fail(self, device: Devices) -> None:
        board, other = device("staff"), device("helper")
        customer = device("customer", viewport=PHONE)
        board.context.add_init_script(NO_SOCKETS)
        streams: list[str] = []
        board.page.on("request", lambda request: streams.append(request.url))
        board.open_board()
        other.open_board()
        assert [url for url in streams if "/api/v1/stream" in url]

        order = customer.place_order(fulfilment="pickup")
        card(board, order).wait_for()
        for each in (board, other):
            rings(each)
        bar(board).locator("[data-deed=acknowledge]").click()
        is_silent(other)
        board.deed("accept", of=order)
        customer.sees_state("accepted")
        board.deed("start", of=order)
        customer.sees_state("preparing")
