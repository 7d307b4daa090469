"""A customer passes a link on, and somebody without a name watches the order."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import WebSocket, expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import DESKTOP, LINK, PHONE, Device
from tests.acceptance.seed import PEOPLE
from tests.acceptance.test_connection import NO_SOCKETS
from web.languages import LOCALES


OVERFLOW: Final = "document.documentElement.scrollWidth - innerWidth"
ADDRESS: Final = "南京东路"
SECRETS: Final = (
    ADDRESS,
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

    def open(self, url: str) -> None:
        self.page.goto(url)

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


def take_pictures(device: Device, name: Path) -> None:
    for screen, size in {"phone": PHONE, "desktop": DESKTOP}.items():
        device.page.set_viewport_size(size)
        device.page.screenshot(path=f"{name}-{screen}.png", full_page=True)
        assert device.page.evaluate(OVERFLOW) <= 0, f"{name}-{screen}"


class TestShare:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_lets_somebody_without_a_name_watch(
        self, device: Devices, pictures: Path, locale: str
    ) -> None:
        customer, board = device("customer", viewport=PHONE), device("staff")
        board.open_board()
        order = customer.place_order(fulfilment="pickup")
        watcher = Watcher(device(viewport=PHONE, locale=locale))
        watcher.open(customer.share())
        watcher.device.is_live()
        watcher.device.sees_state("placed")
        expect(watcher.page.locator("#ends time")).not_to_be_empty()
        customer.deed("share")
        expect(customer.page.locator("#share-url")).to_be_visible()
        take_pictures(customer, pictures / f"sharing-{locale}")

        board.deed("accept", of=order)
        watcher.device.sees_state("accepted")
        expect(watcher.page.locator(".steps .now time")).not_to_be_empty()
        board.deed("start", of=order)
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
        expect(watcher.page.locator("#freshness")).to_have_attribute("data-transport", "stream")
        cancel(customer)
        watcher.sees_state("cancelled")
        assert not [url for url in asked if "receipts" in url]

    def test_changes_its_language(self, device: Devices) -> None:
        customer, watcher = device("customer"), Watcher(device())
        customer.place_order()
        watcher.open(customer.share())
        watcher.page.click("#language")
        expect(watcher.page.locator("html")).to_have_attribute("lang", "en")
        watcher.device.is_live()
        cancel(customer)

    def test_shows_somebody_who_is_logged_in_no_more(self, device: Devices) -> None:
        customer, watcher = device("customer"), Watcher(device("staff"))
        customer.place_order()
        watcher.open(customer.share())
        watcher.device.sees_state("placed")
        watcher.knows_no_secret()
        cancel(customer)


class TestEnd:
    def test_is_told_to_those_who_watch_and_those_who_come(
        self, device: Devices, pictures: Path
    ) -> None:
        customer, watcher = device("customer"), Watcher(device(locale="en"))
        customer.place_order()
        url = customer.share()
        watcher.open(url)
        watcher.device.sees_state("placed")
        cancel(customer)
        watcher.device.sees_state("cancelled")

        watcher.device.installation.run("tests.acceptance.age_orders")
        watcher.device.context.set_offline(offline=True)
        watcher.device.context.set_offline(offline=False)
        expect(watcher.page.locator("#over h1")).to_have_text("This link has expired")
        answer = watcher.page.goto(url)
        assert answer is not None
        assert answer.status == 410
        expect(watcher.page.locator("#over h1")).to_have_text("This link has expired")
        take_pictures(watcher.device, pictures / "expired")

    def test_of_a_wrong_link_is_another(self, device: Devices, pictures: Path) -> None:
        for locale in LOCALES:
            somebody = device(locale=locale)
            somebody.open("/t/wrong")
            expect(somebody.page.locator("#over h1")).to_be_visible()
            take_pictures(somebody, pictures / f"wrong-{locale}")
