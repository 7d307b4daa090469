"""A courier's day on a telephone: on line, offers that ring, steps, doors that ask for proof."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE
from tests.screens.installation import Installation
from tests.screens.riding import Shift, begin_shift


# A camera that sees nothing, and a reader that finds what a test put before it.
SEES_CODE = """() => {
  const camera = document.createElement("canvas");
  navigator.mediaDevices.getUserMedia = async () => camera.captureStream();
  HTMLMediaElement.prototype.play = async () => {};
  window.BarcodeDetector = class {
    async detect() {
      return window.seen ? [{ rawValue: window.seen }] : [];
    }
  };
}"""


HAS_PICTURE = "() => document.querySelector('.picture img')?.naturalWidth > 0"


@pytest.fixture
def shift(device: Devices, installation: Installation) -> Shift:
    return begin_shift(device, installation)


class TestShift:
    def test_begins_and_ends_by_one_tap(self, shift: Shift) -> None:
        page = shift.courier.page
        expect(page.locator(".map")).to_be_visible()
        shift.courier.deed("go-offline")
        expect(page.locator("[data-shift]")).to_have_attribute("data-shift", "offline")
        expect(page.locator("[data-deed=go-online]")).to_be_visible()

    def test_asks_for_its_sound_again_after_a_reload(self, shift: Shift) -> None:
        page = shift.courier.page
        expect(page.locator("[data-deed=enable-sound]")).to_have_count(0)
        page.reload()
        expect(page.locator("[data-shift]")).to_have_attribute("data-shift", "online")
        shift.courier.deed("enable-sound")
        page.wait_for_function("window.notes > 0")
        expect(page.locator("[data-deed=enable-sound]")).to_have_count(0)


class TestOffer:
    def test_rings_says_why_and_is_taken_by_one_tap(self, shift: Shift) -> None:
        page = shift.courier.page
        order = shift.offered()
        expect(page.locator("[data-ringing=true]")).to_have_count(1)
        page.wait_for_function("window.notes > 0")
        offer = page.locator("[data-offer]")
        expect(offer).to_contain_text("您是此刻最合适的骑手")
        expect(offer.locator("[role=timer]")).to_be_visible()
        expect(offer.locator("[data-deed=accept]")).to_be_in_viewport(ratio=1)
        shift.courier.deed("accept")
        expect(page.locator("[data-ringing=false]")).to_have_count(1)
        expect(page.locator("[data-leg]")).to_contain_text(f"#{order['number']}")
        expect(page.locator("[data-leg]")).to_contain_text("马家面馆")

    def test_falls_silent_without_an_answer(self, shift: Shift) -> None:
        page = shift.courier.page
        shift.offered()
        expect(page.locator("[data-ringing=true]")).to_have_count(1)
        shift.courier.deed("quiet")
        expect(page.locator("[data-ringing=false]")).to_have_count(1)
        expect(page.locator("[data-deed=accept]")).to_be_visible()
        shift.courier.deed("decline")
        expect(page.locator("[data-offer]")).to_have_count(0)


class TestSteps:
    def test_are_slid_to_the_end(self, shift: Shift) -> None:
        shift.taken()
        slide = shift.courier.page.locator("[data-deed=arrive_pickup]")
        slide.scroll_into_view_if_needed()
        box = slide.bounding_box()
        assert box is not None
        mouse, middle = shift.courier.page.mouse, box["y"] + box["height"] / 2
        mouse.move(box["x"] + 30, middle)
        mouse.down()
        mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
        mouse.up()
        shift.is_in("assigned")
        mouse.move(box["x"] + 30, middle)
        mouse.down()
        mouse.move(box["x"] + box["width"] - 4, middle, steps=6)
        mouse.up()
        shift.is_in("at_pickup")

    def test_find_the_wrong_bag_at_once(self, shift: Shift) -> None:
        order = shift.taken()
        shift.step("arrive_pickup")
        shift.courier.deed("pick_up")
        shift.courier.confirm(number=str(order["number"] + 1))
        expect(shift.courier.page.locator(".toast")).to_contain_text("订单号")
        shift.is_in("at_pickup")

    def test_end_with_the_code_of_the_customer(self, shift: Shift) -> None:
        order = shift.carried()
        shift.courier.deed("deliver")
        shift.courier.confirm(pin=shift.code_of(order))
        shift.has_no_job()
        assert shift.state_of(order)["state"] == "completed"


class TestDoor:
    def test_opens_for_the_code_on_the_customers_screen(
        self, device: Devices, installation: Installation
    ) -> None:
        shift = begin_shift(device, installation)
        shift.courier.page.evaluate(SEES_CODE)
        order = shift.carried()
        shift.courier.deed("deliver")
        shift.choose("qr")
        text = str(shift.state_of(order)["handover_qr"])
        shift.courier.page.evaluate("text => { window.seen = text }", text)
        shift.has_no_job()
        expect(shift.dialog).to_have_count(0)
        assert shift.state_of(order)["state"] == "completed"

    def test_opens_for_a_photo_that_the_courier_has_seen(
        self, shift: Shift, tmp_path: Path
    ) -> None:
        order = shift.carried()
        shift.courier.deed("deliver")
        shift.choose("photo")
        shift.photograph(tmp_path)
        shift.has_no_job()
        assert shift.state_of(order)["leg"]["proof"]["kind"] == "photo"

    def test_shows_the_photo_to_the_customer_and_no_guest(
        self, device: Devices, shift: Shift, tmp_path: Path
    ) -> None:
        order = shift.carried()
        watched = str(shift.customer.post(f"/orders/{order['id']}/share")["token"])
        shift.courier.deed("deliver")
        shift.choose("photo")
        shift.photograph(tmp_path)
        shift.has_no_job()
        customer, guest = device("customer", viewport=PHONE), device(viewport=PHONE)
        page = customer.open(f"order/index?id={order['id']}")
        expect(page.locator('[data-proof="photo"]')).to_contain_text("照片")
        page.wait_for_function(HAS_PICTURE)
        expect(page.locator(".picture")).to_have_count(1)
        guest.open(f"/t/{watched}")
        guest.sees_state("completed")
        expect(guest.page.locator(".picture")).to_have_count(0)

    def test_opens_for_a_signature(self, shift: Shift) -> None:
        order = shift.carried()
        shift.courier.deed("deliver")
        shift.choose("signature")
        pad = shift.dialog.locator("canvas").bounding_box()
        assert pad is not None
        mouse = shift.courier.page.mouse
        mouse.move(pad["x"] + 20, pad["y"] + 20)
        mouse.down()
        mouse.move(pad["x"] + 120, pad["y"] + 60, steps=4)
        mouse.up()
        shift.courier.confirm()
        shift.has_no_job()
        assert shift.state_of(order)["leg"]["proof"]["kind"] == "signature"

    def test_takes_nothing_for_a_signature(self, shift: Shift) -> None:
        shift.carried()
        shift.courier.deed("deliver")
        shift.choose("signature")
        shift.courier.confirm()
        expect(shift.courier.page.locator(".toast")).to_contain_text("还没有照片或签名")
        expect(shift.dialog).to_be_visible()


class TestReturn:
    def test_ends_when_the_shop_says_that_it_is_back(self, shift: Shift, tmp_path: Path) -> None:
        order = shift.carried()
        shift.courier.deed("fail")
        shift.photograph(tmp_path)
        shift.is_in("failed")
        expect(shift.courier.page.locator("[data-leg]")).to_contain_text("无人应答")
        shift.step("return")
        expect(shift.courier.page.locator('[data-hint="returning"]')).to_have_count(1)
        leg = shift.state_of(order)["leg"]
        shift.shop.post(f"/legs/{leg['id']}/finish-return")
        shift.has_no_job()
        assert shift.state_of(order)["state"] == "cancelled"

    def test_may_be_another_try_instead(
        self, shift: Shift, tmp_path: Path, installation: Installation
    ) -> None:
        order = shift.carried()
        shift.courier.deed("fail")
        shift.photograph(tmp_path)
        shift.is_in("failed")
        shift.waits(0)
        leg = shift.state_of(order)["leg"]["id"]
        operator = Api(installation, "operator")
        operator.post(f"/legs/{leg}/reattempt", reason="the customer is back")
        shift.is_in("picked_up")
        shift.step("arrive_dropoff")
        shift.courier.deed("deliver")
        shift.courier.confirm(pin=shift.code_of(order))
        shift.has_no_job()
        assert shift.state_of(order)["state"] == "completed"


class TestNearTheShop:
    def test_is_suggested_and_confirmed_by_the_same_step(self, shift: Shift) -> None:
        page, town = shift.courier.page, shift.courier.installation.town
        order = shift.taken()
        expect(page.locator("[data-suggested]")).to_have_count(0)
        shift.courier.context.set_geolocation(
            {"latitude": town["latitude"] + 0.0005, "longitude": town["longitude"]}
        )
        asked = page.locator('[data-suggested="arrive_pickup"]')
        expect(asked).to_contain_text("您已接近店铺")
        shift.step("arrive_pickup")
        expect(asked).to_have_count(0)
        shift.is_in("at_pickup")
        assert shift.state_of(order)["leg"]["state"] == "at_pickup"

    def test_is_shown_on_the_board_until_they_are_there(
        self, device: Devices, shift: Shift
    ) -> None:
        board, town = device("staff"), shift.courier.installation.town
        board.open_board()
        order = shift.taken()
        near = board.page.locator(f'[data-order="{order["id"]}"] [data-near="pickup"]')
        expect(board.page.locator(f'[data-order="{order["id"]}"]')).to_contain_text("陈骑手")
        expect(near).to_have_count(0)
        shift.courier.context.set_geolocation(
            {"latitude": town["latitude"] + 0.0005, "longitude": town["longitude"]}
        )
        expect(near).to_have_text("骑手快到了")
        shift.step("arrive_pickup")
        expect(near).to_have_count(0)


class TestHint:
    def test_says_where_to_wait_until_there_is_something_to_do(self, shift: Shift) -> None:
        shift.courier.installation.run("tests.screens.give_hint")
        hint = shift.courier.page.locator('[data-hint="wait_at"]')
        expect(hint).to_contain_text("马家面馆")
        shift.offered()
        expect(hint).to_have_count(0)
