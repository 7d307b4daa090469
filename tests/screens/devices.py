"""Devices of people who use the client: each a browser context of its own."""

import json
import re
from functools import cache
from typing import Any, Literal
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from playwright.sync_api import TimeoutError as Late

from tests.screens.installation import Installation
from tests.screens.seed import PASSWORD


PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 1024, "height": 768}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PATIENCE_MS = 60_000
GATE_MS = 10_000
LINK = re.compile(r"^http://.+/t/[\w.~-]+$")
"""A share link."""

expect.set_options(timeout=PATIENCE_MS)

# Counts every note that is really asked of the sound hardware.
COUNT_NOTES = """
  window.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...rest) {
    window.notes += 1;
    return start.apply(this, rest);
  };
"""


# A device starts as it was left: its person, its language.
KEEP = """
  if (!sessionStorage.getItem("kept")) {
    sessionStorage.setItem("kept", "1");
    for (const [name, value] of Object.entries(%s)) localStorage.setItem(name, value);
  }
"""
# A cut network, a refused log-in and an expired link are reported by the browser itself.
EXPECTED = re.compile(r"net::ERR_INTERNET|WebSocket connection|status of 4(0[134]|10|22)")


class Device:
    """One person's browser, on the client's screens."""

    def __init__(self, installation: Installation, context: BrowserContext) -> None:
        self.installation = installation
        self.context = context
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.set_default_timeout(PATIENCE_MS)

    def _note(self, message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.errors.append(message.text)

    def open(self, screen: str) -> Page:
        """Open a screen, as `board/index?shop=<id>`, or an address, as `/settings`."""
        address = screen if screen.startswith("/") else f"/app/{screen}"
        self.page.goto(self.installation.url + address)
        return self.page

    def is_live(self) -> None:
        """Wait until what is shown is as fresh as it can be."""
        badge = self.page.locator(".freshness").first
        expect(badge).to_have_attribute("data-state", re.compile("live|replayed"))

    def deed(self, name: str, *, of: str = "") -> None:
        """Press the button that does `name`, on the card of the order `of`."""
        card = f'[data-order="{of}"] ' if of else ""
        self.page.locator(f'{card}[data-deed="{name}"]').first.click()

    def confirm(self, **fields: str) -> None:
        """Fill the open dialog's fields and say yes."""
        for name, value in fields.items():
            self.page.fill(f"dialog [name={name}]", value)
        self.page.click("dialog [data-deed=yes]")

    def open_board(self) -> None:
        """Open the shop's board and allow it to ring."""
        self.open(f"board/index?shop={self.installation.town['merchant']}")
        self.is_live()
        gate = self.page.locator("[data-deed=enable-sound]")
        try:
            gate.click(timeout=GATE_MS)
        except Late:
            expect(gate).to_have_count(0)  # this browser lets it sound without being asked

    def place_order(self, *, fulfilment: str = "delivery", payment: str = "cash") -> str:
        """Order two dishes through the storefront; return the order's id."""
        self.open(f"shop/index?id={self.installation.town['merchant']}")
        for position in (0, 1):
            self.page.locator("[data-deed=more]").nth(position).click()
        self.choose(fulfilment)
        if fulfilment == "delivery":
            self.page.fill("[name=address]", "南京东路 100 号 3 楼")
        self.choose(payment)
        self.deed("place")
        self.page.wait_for_url("**/app/order/index?id=*")
        self.page.wait_for_selector("h2[data-state]")
        return self.page.url.rpartition("=")[2]

    def choose(self, value: str) -> None:
        """Choose one of several."""
        self.page.check(f'input[value="{value}"]', force=True)

    def share(self) -> str:
        """Press the button of the tracking page, and take the link out of the dialog."""
        self.deed("share")
        address = self.page.locator("dialog [name=url]")
        expect(address).to_have_value(LINK)
        link = address.input_value()
        self.page.keyboard.press("Escape")
        return link

    def sees_state(self, state: str) -> None:
        """Wait until the tracking screen says `state`."""
        expect(self.page.locator("h2[data-state]")).to_have_attribute("data-state", state)

    def sees_rule(self, rule: str) -> None:
        """Wait until the tracking screen names the `rule` for cancelling."""
        expect(self.page.locator("[data-rule]")).to_have_attribute("data-rule", rule)


@cache
def session_of(url: str, phone: str) -> str:
    """Log the person in, once; return what a device keeps of it."""
    credentials = {"phone": phone, "password": PASSWORD, "label": "screens"}
    request = Request(
        f"{url}/api/v1/sessions",
        data=json.dumps(credentials).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


def new_device(
    browser: Browser,
    installation: Installation,
    role: str | None,
    *,
    locale: str = "zh-CN",
    viewport: ViewportSize = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
) -> Device:
    """Return a fresh device on which `role` is logged in, or nobody."""
    context = browser.new_context(
        viewport=viewport,
        locale=locale,
        timezone_id="Asia/Shanghai",
        color_scheme=scheme,
        geolocation={
            "latitude": installation.town["latitude"] + 0.002,
            "longitude": installation.town["longitude"],
        },
        permissions=["geolocation"],
    )
    kept = {"paidan:locale": json.dumps(locale)}
    if role is not None:
        phone = installation.town["phones"][role]
        kept["paidan:session"] = session_of(installation.url, phone)
    context.add_init_script(COUNT_NOTES)
    context.add_init_script(KEEP % json.dumps(kept))
    return Device(installation, context)
