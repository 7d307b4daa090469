"""Devices of people: each a browser context of its own, logged in and listening."""

import json
import re
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.acceptance.installation import Installation
from tests.acceptance.seed import PASSWORD


PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 1024, "height": 768}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PATIENCE_MS = 60_000
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


class Device:
    """One person's browser."""

    def __init__(self, installation: Installation, context: BrowserContext) -> None:
        self.installation = installation
        self.context = context
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.set_default_timeout(PATIENCE_MS)

    def _note(self, message: Any) -> None:
        # A cut network, a refused log-in and an expired link are reported by the browser itself.
        if message.type == "error" and not re.search(
            r"net::ERR_INTERNET|WebSocket connection|status of 4(0[14]|10)", message.text
        ):
            self.errors.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.installation.url + path)
        return self.page

    def is_live(self) -> None:
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
        self.page.locator("dialog .actions button:last-child, dialog [data-deed=yes]").click()

    @property
    def rings(self) -> Locator:
        """The body, while the alert sounds."""
        return self.page.locator("body.is-ringing")

    def open_board(self) -> None:
        self.open(f"/board/{self.installation.town['merchant']}")
        self.is_live()
        self.page.click("#enable-sound")

    def place_order(self, *, fulfilment: str = "delivery", payment: str = "cash") -> str:
        """Order two dishes through the storefront; return the order's id."""
        self.open(f"/shops/{self.installation.town['merchant']}")
        for position in (0, 1):
            self.page.locator("[data-deed=more]").nth(position).click()
        self.page.check(f"input[value={fulfilment}]", force=True)
        if fulfilment == "delivery":
            self.page.fill("[name=address]", "南京东路 100 号 3 楼")
        self.page.check(f"input[value={payment}]", force=True)
        self.deed("place")
        self.page.wait_for_url("**/app/order/index?id=*")
        self.page.wait_for_selector("h2[data-state]")
        return self.page.url.rpartition("=")[2]

    def share(self) -> str:
        """Press the button of the tracking page, and take the link out of the dialog."""
        self.deed("share")
        address = self.page.locator("dialog [name=url]")
        expect(address).to_have_value(LINK)
        link = address.input_value()
        self.page.keyboard.press("Escape")
        return link

    def sees_state(self, state: str) -> None:
        """Wait until the tracking page says `state`."""
        expect(self.page.locator("h2[data-state]")).to_have_attribute("data-state", state)

    def sees_rule(self, rule: str) -> None:
        """Wait until the tracking page names the `rule` for cancelling."""
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
) -> Device:
    """Return a fresh device on which `role` is logged in, or nobody."""
    context = browser.new_context(
        viewport=viewport,
        locale=locale,
        timezone_id="Asia/Shanghai",
        geolocation={
            "latitude": installation.town["latitude"] + 0.002,
            "longitude": installation.town["longitude"],
        },
        permissions=["geolocation"],
    )
    kept = {"paidan:locale": json.dumps(locale)}
    if role is not None:
        kept["paidan:session"] = session_of(installation.url, installation.town["phones"][role])
    context.add_init_script(COUNT_NOTES)
    context.add_init_script(KEEP % json.dumps(kept))
    context.add_cookies([{"name": "paidan_locale", "value": locale, "url": installation.url}])
    if role is not None:
        session = installation.town["sessions"][role]
        context.add_cookies([{"name": "sessionid", "value": session, "url": installation.url}])
    return Device(installation, context)
