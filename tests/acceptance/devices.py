"""Devices of people: each a browser context of its own, logged in and listening."""

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.acceptance.installation import Installation
from tests.acceptance.seed import LATITUDE, LONGITUDE, PASSWORD, PEOPLE


PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
PATIENCE_MS = 10_000

# Counts every note that is really asked of the sound hardware.
COUNT_NOTES = """
  window.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...rest) {
    window.notes += 1;
    return start.apply(this, rest);
  };
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
        # A cut network and a refused log-in are reported by the browser itself.
        if message.type == "error" and not re.search(
            r"net::ERR_INTERNET|WebSocket connection|status of 40[14]", message.text
        ):
            self.errors.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.installation.url + path)
        return self.page

    def log_in(self, role: str) -> None:
        self.open("/login")
        self.page.fill("[name=phone]", PEOPLE[role][1])
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button")
        expect(self.page.locator("#freshness")).to_have_attribute("data-state", "live")

    def deed(self, name: str) -> None:
        """Press the one button that does `name`."""
        self.page.locator(f'[data-deed="{name}"]').first.click()


def new_device(
    browser: Browser,
    installation: Installation,
    role: str | None,
    *,
    locale: str = "zh-CN",
    viewport: dict[str, int] = DESKTOP,
) -> Device:
    """Return a fresh device on which `role` is logged in, or nobody."""
    context = browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        locale=locale,
        timezone_id="Asia/Shanghai",
        geolocation={"latitude": LATITUDE + 0.002, "longitude": LONGITUDE},
        permissions=["geolocation"],
        reduced_motion="no-preference",
    )
    context.add_init_script(COUNT_NOTES)
    context.add_cookies(
        [{"name": "paidan_locale", "value": locale, "url": installation.url}]
    )
    device = Device(installation, context)
    if role is not None:
        device.log_in(role)
    return device
