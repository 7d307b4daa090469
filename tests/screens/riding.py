"""A courier on line in a town, and orders that come to the point where a courier is needed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.core_proofs.pictures import located_photo
from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, Device
from tests.screens.installation import Installation


@dataclass(frozen=True)
class Shift:
    """The courier's device; the others of the town act through the API."""

    courier: Device
    customer: Api
    shop: Api

    def offered(self) -> dict[str, Any]:
        """Let an order be accepted by its shop, so that the courier is asked."""
        order = self.customer.place_order()
        self.shop.post(f"/orders/{order['id']}/accept")
        expect(self.courier.page.locator("[data-offer]")).to_have_count(1)
        return order

    def taken(self) -> dict[str, Any]:
        """Let the courier take an order, and let it be ready."""
        order = self.offered()
        self.courier.deed("accept")
        expect(self.courier.page.locator("[data-leg]")).to_have_count(1)
        self.shop.post(f"/orders/{order['id']}/start")
        self.shop.post(f"/orders/{order['id']}/ready")
        expect(self.courier.page.locator("[data-leg]")).to_contain_text("已出餐")
        return order

    def carried(self) -> dict[str, Any]:
        """Let the courier bring an order to the door."""
        order = self.taken()
        self.carry(order)
        return order

    def carry(self, order: dict[str, Any]) -> None:
        """Go to the shop, pick up and go to the door."""
        self.step("arrive_pickup")
        self.courier.deed("pick_up")
        self.courier.confirm(number=str(order["number"]))
        self.is_in("picked_up")
        self.step("arrive_dropoff")
        self.is_in("at_dropoff")

    def step(self, name: str) -> None:
        """Take a step that is slid, as somebody who does not slide."""
        self.courier.page.locator(f'[data-leg] [data-deed="{name}"]').press("Enter")

    def is_in(self, state: str) -> None:
        """Wait until the job is in a state, as far as the device knows."""
        expect(self.courier.page.locator("[data-leg]")).to_have_attribute("data-state", state)

    def has_no_job(self) -> None:
        """Wait until the courier carries nothing."""
        expect(self.courier.page.locator("[data-leg]")).to_have_count(0)

    def waits(self, count: int) -> None:
        """Wait until so many steps wait for a connection; none: until none does."""
        waiting = self.courier.page.locator(".waiting-steps [data-waiting]")
        if count:
            expect(waiting).to_have_attribute("data-waiting", str(count))
        else:
            expect(waiting).to_have_count(0)

    def photograph(self, folder: Path) -> None:
        """Take a picture for the open dialog, see it, and say yes."""
        photo = folder / "door.jpg"
        photo.write_bytes(located_photo())
        self.courier.page.set_input_files("dialog [name=photo]", photo)
        expect(self.dialog.locator("[data-taken]")).to_be_visible()
        self.courier.confirm()

    def choose(self, kind: str) -> None:
        """Choose what proves the delivery."""
        self.courier.choose(kind)

    def code_of(self, order: dict[str, Any]) -> str:
        """What the customer would tell at the door."""
        return str(self.state_of(order)["handover_code"])

    def state_of(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order as its customer sees it."""
        return self.customer.ask("GET", f"/orders/{order['id']}")

    @property
    def dialog(self) -> Locator:
        """The open dialog."""
        return self.courier.page.locator("dialog")


def begin_shift(device: Devices, installation: Installation, **options: Any) -> Shift:
    """Put a courier of a new town on line, where anything proves a delivery."""
    courier = device("courier", viewport=PHONE, **options)
    operator = Api(installation, "operator")
    zone = installation.town["zone"]
    kinds = {"cash": ["pin", "qr", "photo", "signature"]}
    operator.post(f"/zones/{zone}/proof-policy", kinds=kinds, reason="测试")
    courier.open("courier/index")
    courier.is_live()
    courier.deed("go-online")
    expect(courier.page.locator("[data-shift]")).to_have_attribute("data-shift", "online")
    return Shift(courier, Api(installation, "customer"), Api(installation, "staff"))
