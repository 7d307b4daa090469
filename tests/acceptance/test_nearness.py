"""Close to the shop: the courier is asked with one button, the board and the customer see it."""

from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE


class TestNearTheShop:
    def test_is_suggested_and_confirmed_by_one_tap(self, device: Devices) -> None:
        customer, board = device("customer", viewport=PHONE), device("staff")
        courier = device("courier", viewport=PHONE, locale="en")
        board.open_board()
        courier.open("/courier")
        courier.page.click("#go-online")
        order = customer.place_order()
        board.deed("accept", of=order)
        courier.deed("accept")
        expect(courier.page.locator('[data-state="assigned"]')).to_have_count(1)
        expect(courier.page.locator("[data-suggested]")).to_have_count(0)

        town = courier.installation.town
        courier.context.set_geolocation(
            {"latitude": town["latitude"] + 0.0005, "longitude": town["longitude"]}
        )
        asked = courier.page.locator('[data-suggested="arrive_pickup"]')
        expect(asked).to_have_text("You are close to the shop. Have you arrived?")
        near = board.page.locator(f'[data-order="{order}"] [data-near="pickup"]')
        expect(near).to_have_text("骑手快到了")

        courier.deed("arrive_pickup")
        expect(asked).to_have_count(0)
        expect(near).to_have_count(0)
        courier.page.click("#go-offline")
