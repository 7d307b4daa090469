"""A courier with nothing to do is told where orders are expected."""

from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE
from tests.acceptance.installation import Installation
from tests.screens.api import Api


class TestHint:
    def test_is_shown_to_an_idle_courier_until_there_is_something_to_do(
        self, device: Devices, installation: Installation
    ) -> None:
        courier, board = device("courier", viewport=PHONE), device("staff")
        courier.open("/courier")
        courier.page.click("#go-online")
        expect(courier.page.locator("#shift-state")).to_have_attribute("data-state", "online")
        installation.run("tests.acceptance.give_hint")
        expect(courier.page.locator("#hint")).to_contain_text("马家面馆")
        board.open_board()
        order = device("customer", viewport=PHONE).place_order()
        board.deed("accept", of=order)
        expect(courier.page.locator(".offer")).to_be_visible()
        expect(courier.page.locator("#hint")).to_be_hidden()
        Api(installation, "operator").post(f"/orders/{order}/stop", reason="other")
        expect(courier.page.locator(".offer")).to_have_count(0)
        courier.page.click("#go-offline")
