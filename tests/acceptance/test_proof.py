"""A courier in a tunnel, at doors that want another proof, and on the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE, Device
from tests.core_proofs.pictures import located_photo
from tests.screens.api import Api


KINDS = ["pin", "qr", "photo", "signature"]
# A camera that sees nothing, and a reader that finds this order's code in it.
SEES_CODE = """
  const camera = document.createElement("canvas");
  navigator.mediaDevices.getUserMedia = async () => camera.captureStream();
  HTMLMediaElement.prototype.play = async () => {};
  window.BarcodeDetector = class {
    async detect() {
      return window.seen ? [{ rawValue: window.seen }] : [];
    }
  };
"""


@pytest.fixture
def people(device: Devices) -> Iterator[tuple[Device, Device, Device]]:
    """A customer, a board and a courier on line, in a zone where anything proves a delivery."""
    customer, board = device("customer", viewport=PHONE), device("staff")
    set_policy(board, KINDS)
    courier = device("courier", viewport=PHONE)
    board.open_board()
    courier.open("/courier")
    courier.is_live()
    courier.page.click("#go-online")
    expect(courier.page.locator("#shift-state")).to_have_attribute("data-state", "online")
    yield customer, board, courier
    courier.page.click("#go-offline")
    expect(courier.page.locator("#shift-state")).to_have_attribute("data-state", "offline")
    set_policy(board, ["pin", "qr"])


def set_policy(shown: Device, kinds: list[str]) -> None:
    """Let these kinds prove what is paid in cash, in the town's zone."""
    zone = shown.installation.town["zone"]
    operator = Api(shown.installation, "operator")
    operator.post(f"/zones/{zone}/proof-policy", kinds={"cash": kinds})


def taken(people: tuple[Device, Device, Device]) -> str:
    """Bring an order to where the courier has taken the job and it is ready."""
    customer, board, courier = people
    order = customer.place_order()
    board.deed("accept", of=order)
    courier.deed("accept")
    expect(courier.page.locator("[data-leg]")).to_have_count(1)
    board.deed("start", of=order)
    board.deed("mark_ready", of=order)
    customer.sees_state("ready")
    return order


def number_of(courier: Device) -> str:
    return courier.page.locator("[data-leg] .order-number").inner_text().removeprefix("#")


def carry(courier: Device) -> None:
    """Go to the shop, pick up and go to the door."""
    courier.deed("arrive_pickup")
    courier.deed("pick_up")
    courier.confirm(number=number_of(courier))
    courier.deed("arrive_dropoff")


def in_state(courier: Device, state: str) -> None:
    expect(courier.page.locator("[data-leg]")).to_have_attribute("data-state", state)


def choose(courier: Device, kind: str) -> None:
    courier.page.check(f"dialog input[name=kind][value={kind}]")


class TestTunnel:
    def test_keeps_every_step_and_the_photo_through_a_reload(
        self, people: tuple[Device, Device, Device], tmp_path: Path
    ) -> None:
        customer, _board, courier = people
        taken(people)
        courier.page.wait_for_function("document.body.dataset.kept > 0")
        courier.context.set_offline(True)
        expect(courier.page.locator("#freshness")).to_have_attribute("data-state", "reconnecting")
        carry(courier)
        in_state(courier, "at_dropoff")
        courier.page.reload()
        in_state(courier, "at_dropoff")

        courier.deed("deliver")
        choose(courier, "photo")
        photo = tmp_path / "door.jpg"
        photo.write_bytes(located_photo())
        courier.page.set_input_files("dialog [name=photo]", photo)
        courier.confirm()
        in_state(courier, "delivered")
        expect(courier.page.locator("#steps [data-waiting]")).to_have_attribute(
            "data-waiting", "4"
        )
        courier.page.reload()
        expect(courier.page.locator("#steps [data-waiting]")).to_have_attribute(
            "data-waiting", "4"
        )
        customer.sees_state("ready")

        courier.context.set_offline(False)
        customer.sees_state("completed")
        expect(courier.page.locator("#steps > *")).to_have_count(0)
        expect(courier.page.locator("[data-leg]")).to_have_count(0)
        shown = customer.page.locator(".picture img")
        customer.page.wait_for_function(
            "image => image.complete && image.naturalWidth > 0", arg=shown.element_handle()
        )

    def test_ends_with_a_word_about_what_came_too_late(
        self, people: tuple[Device, Device, Device]
    ) -> None:
        _customer, board, courier = people
        order = taken(people)
        courier.context.set_offline(True)
        expect(courier.page.locator("#freshness")).to_have_attribute("data-state", "reconnecting")
        courier.deed("arrive_pickup")
        in_state(courier, "at_pickup")
        board.deed("stop", of=order)
        board.confirm()
        expect(board.page.locator(f'[data-order="{order}"].ended')).to_have_count(1)
        courier.context.set_offline(False)
        refused = courier.page.locator('[data-refused="leg.arrive_pickup"]')
        expect(refused).to_have_attribute("data-code", "illegal_transition")
        courier.deed("forget")
        expect(refused).to_have_count(0)
        # And the queue goes on.
        another = taken(people)
        courier.deed("arrive_pickup")
        in_state(courier, "at_pickup")
        expect(courier.page.locator("[data-waiting]")).to_have_count(0)
        board.deed("stop", of=another)
        board.confirm()
        expect(courier.page.locator("[data-leg]")).to_have_count(0)


class TestDoor:
    def test_opens_for_the_code_on_the_customers_page(
        self, people: tuple[Device, Device, Device]
    ) -> None:
        customer, _board, courier = people
        courier.context.add_init_script(SEES_CODE)
        courier.page.reload()
        order = taken(people)
        carry(courier)
        expect(customer.page.locator("img.qr")).to_be_visible()
        code = customer.page.locator("[data-code]").inner_text()
        courier.deed("deliver")
        choose(courier, "qr")
        courier.page.evaluate("text => { window.seen = text }", f"paidan:{order}:{code}")
        customer.sees_state("completed")
        expect(courier.page.locator("dialog")).to_have_count(0)

    def test_opens_for_a_signature(self, people: tuple[Device, Device, Device]) -> None:
        customer, _board, courier = people
        taken(people)
        carry(courier)
        courier.deed("deliver")
        choose(courier, "signature")
        pad = courier.page.locator("dialog canvas").bounding_box()
        assert pad is not None
        courier.page.mouse.move(pad["x"] + 20, pad["y"] + 20)
        courier.page.mouse.down()
        courier.page.mouse.move(pad["x"] + 120, pad["y"] + 60, steps=4)
        courier.page.mouse.up()
        courier.confirm()
        customer.sees_state("completed")
        expect(customer.page.locator(".picture img")).to_have_count(1)


class TestReturn:
    def test_ends_when_the_shop_says_that_it_is_back(
        self, people: tuple[Device, Device, Device], pictures: Path
    ) -> None:
        customer, board, courier = people
        order = taken(people)
        carry(courier)
        courier.deed("fail")
        courier.confirm()
        expect(customer.page.locator(".note.info")).to_contain_text("无人应答")
        courier.deed("return")
        expect(courier.page.locator('[data-hint="returning"]')).to_have_count(1)
        expect(courier.page.locator("[data-leg] button")).to_have_count(0)
        courier.page.screenshot(path=pictures / "return-courier.png", full_page=True)
        board.page.screenshot(path=pictures / "return-board.png", full_page=True)
        board.deed("finish_return", of=order)
        customer.sees_state("cancelled")
        expect(courier.page.locator("[data-leg]")).to_have_count(0)

    def test_may_be_another_try_instead(
        self, device: Devices, people: tuple[Device, Device, Device]
    ) -> None:
        customer, _board, courier = people
        order = taken(people)
        carry(courier)
        courier.deed("fail")
        courier.confirm()
        operator = Api(courier.installation, "operator")
        leg = operator.ask("GET", f"/orders/{order}")["leg"]["id"]
        operator.post(f"/legs/{leg}/reattempt", reason="the customer is back")
        in_state(courier, "picked_up")
        courier.deed("arrive_dropoff")
        courier.deed("deliver")
        courier.confirm(pin=customer.page.locator("[data-code]").inner_text())
        customer.sees_state("completed")
