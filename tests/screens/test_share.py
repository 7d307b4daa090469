"""A customer passes a link on, and somebody without a name watches the order."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import WebSocket, expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import LINK, PHONE, Device
from tests.screens.pictures import take_pictures
from tests.screens.seed import PEOPLE
from web.languages import LOCALES


# As a company's proxy that does not know WebSocket: each one fails before it is open.
NO_SOCKETS: Final = """
  window.WebSocket = class {
    constructor() {
      setTimeout(() => this.onclose?.({ code: 1006, reason: "" }));
    }
    close() {}
  };
"""
SECRETS: Final = (
    "南京东路",
    "+86",
    "_minor",
    *(name for name, _flags in PEOPLE.values()),
)


class Watcher:
    """Somebody who has only the link, and everything that they were sent."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.page = device.page
        self.frames: list[str] = []
        self.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))

    def knows_no_secret(self) -> None:
        told = [self.page.content(), *self.frames]
        assert self.frames
        phones = self.device.installation.town["phones"].values()
        secrets = [*SECRETS, *(phone.removeprefix("+86") for phone in phones)]
        assert not [secret for secret in secrets if any(secret in text for text in told)]


def cancel(customer: Device) -> None:
    """Take the order back, so that no board rings for it any more."""
    customer.deed("cancel")
    customer.confirm()
    customer.sees_state("cancelled")


class TestShare:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_lets_somebody_without_a_name_watch(
        self, device: Devices, pictures: Path, locale: str
    ) -> None:
        customer = device("customer", viewport=PHONE)
        shop = Api(customer.installation, "staff")
        order = customer.place_order(fulfilment="pickup")
        watcher = Watcher(device(viewport=PHONE, locale=locale))
        watcher.page.goto(customer.share())
        watcher.device.is_live()
        watcher.device.sees_state("placed")
        expect(watcher.page.locator("[data-ends] .number")).not_to_be_empty()
        customer.deed("share")
        expect(customer.page.locator("dialog [name=url]")).to_be_visible()
        take_pictures(customer, pictures / f"sharing-{locale}")

        shop.post(f"/orders/{order}/accept")
        watcher.device.sees_state("accepted")
        expect(watcher.page.locator(".step.now .step-time")).not_to_be_empty()
        shop.post(f"/orders/{order}/start")
        watcher.device.sees_state("preparing")
        take_pictures(watcher.device, pictures / f"shared-{locale}")
        watcher.knows_no_secret()

    def test_is_copied_where_there_is_no_sheet_to_share(self, device: Devices) -> None:
        customer = device("customer")
        customer.context.grant_permissions(["clipboard-read", "clipboard-write"])
        customer.place_order()
        url = customer.share()
        assert customer.page.evaluate("navigator.clipboard.readText()") == url
        cancel(customer)

    def test_is_left_to_the_devices_own_sheet(self, device: Devices) -> None:
        customer = device("customer")
        customer.context.add_init_script(
            "navigator.share = async ({url}) => { document.documentElement.dataset.said = url; }"
        )
        customer.place_order()
        customer.deed("share")
        expect(customer.page.locator("html")).to_have_attribute("data-said", LINK)
        expect(customer.page.locator("dialog")).to_have_count(0)
        cancel(customer)

    def test_lets_somebody_watch_where_sockets_fail(self, device: Devices) -> None:
        customer, watcher = device("customer"), device()
        asked: list[str] = []
        watcher.page.on("request", lambda request: asked.append(request.url))
        watcher.context.add_init_script(NO_SOCKETS)
        customer.place_order()
        watcher.page.goto(customer.share())
        watcher.is_live()
        cancel(customer)
        watcher.sees_state("cancelled")
        assert [url for url in asked if "/api/v1/stream" in url]
        assert not [url for url in asked if "receipts" in url]

    def test_changes_its_language(self, device: Devices) -> None:
        customer, watcher = device("customer"), device()
        customer.place_order()
        watcher.page.goto(customer.share())
        watcher.sees_state("placed")
        watcher.deed("language")
        expect(watcher.page.locator("html")).to_have_attribute("lang", "en")
        expect(watcher.page.locator("h1")).to_have_text("Track an order")
        cancel(customer)

    def test_shows_somebody_who_is_logged_in_no_more(self, device: Devices) -> None:
        customer, watcher = device("customer"), Watcher(device("staff"))
        customer.place_order()
        watcher.page.goto(customer.share())
        watcher.device.sees_state("placed")
        expect(watcher.page.locator("[data-deed=inbox]")).to_have_count(0)
        watcher.knows_no_secret()
        cancel(customer)

    def test_tells_its_secret_to_no_server_but_ours(self, device: Devices) -> None:
        customer, watcher = device("customer"), device()
        customer.place_order()
        url = customer.share()
        token = url.rpartition("/")[2]
        asked: list[str] = []
        watcher.page.on("request", lambda request: asked.append(request.url))
        watcher.page.goto(url)
        watcher.sees_state("placed")
        assert [each for each in asked if token in each.partition("#")[0]] == [url]
        cancel(customer)


class TestEnd:
    def test_is_told_to_those_who_watch_and_those_who_come(
        self, device: Devices, pictures: Path
    ) -> None:
        customer, watcher = device("customer"), device(locale="en")
        customer.place_order()
        url = customer.share()
        watcher.page.goto(url)
        watcher.sees_state("placed")
        cancel(customer)
        watcher.sees_state("cancelled")

        watcher.installation.run("tests.screens.age_orders")
        watcher.context.set_offline(offline=True)
        watcher.context.set_offline(offline=False)
        over = watcher.page.locator("[data-over=expired]")
        expect(over).to_contain_text("This link has expired")
        late = device(locale="en")
        late.page.goto(url)
        expect(late.page.locator("[data-over=expired]")).to_contain_text("This link has expired")
        take_pictures(late, pictures / "expired")

    def test_of_a_wrong_link_is_another(self, device: Devices, pictures: Path) -> None:
        for locale in LOCALES:
            somebody = device("customer", locale=locale)
            somebody.open("/t/wrong")
            expect(somebody.page.locator("[data-over=wrong]")).to_be_visible()
            take_pictures(somebody, pictures / f"wrong-{locale}")
            somebody.open("doors/index")  # a wrong link logs nobody out
            expect(somebody.page.locator("[data-deed=shops]")).to_be_visible()
