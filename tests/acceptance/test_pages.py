"""Every page draws itself on phone and desktop, in both languages, and fits its screen."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import DESKTOP, PHONE, Device
from web.languages import LOCALES


SCREENS: Final = {"phone": PHONE, "desktop": DESKTOP}
OVERFLOW: Final = "document.documentElement.scrollWidth - innerWidth"

# Page -> whose, where ({merchant}, {zone}), and what is there once it is drawn.
PAGES: Final = {
    "login": (None, "/login", "form"),
    "home": ("staff", "/", ".door"),
    "shops": ("customer", "/shops", "#shops a"),
    "shop": ("customer", "/shops/{merchant}", ".dish"),
    "board": ("staff", "/board/{merchant}", "#store .badge"),
    "courier": ("courier", "/courier", "#shift-state"),
    "webhooks": ("operator", "/board/{merchant}/webhooks", "#webhooks .card"),
    "not_found": ("customer", "/nowhere", "main .empty"),
    "offline": ("customer", "/offline", "main .empty"),
}


class TestPages:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_fit_every_screen(self, device: Devices, pictures: Path, locale: str) -> None:
        for role in dict.fromkeys(whose for whose, _, _ in PAGES.values()):
            shown = device(role, locale=locale)
            for name, (whose, path, sign) in PAGES.items():
                if whose == role:
                    _show(shown, path, sign)
                    _take_pictures(shown, pictures / f"{name}-{locale}")

    def test_change_their_language_and_let_somebody_in(self, device: Devices) -> None:
        somebody = device()
        somebody.open("/login")
        somebody.page.click("button[name=locale]")
        expect(somebody.page.locator("html")).to_have_attribute("lang", "en")
        somebody.log_in("customer")
        somebody.is_live()
        expect(somebody.page.locator("h1")).to_contain_text("Hello")


def _take_pictures(shown: Device, name: Path) -> None:
    """One picture a screen; nothing may stick out sideways."""
    for screen, size in SCREENS.items():
        shown.page.set_viewport_size(size)
        shown.page.screenshot(path=f"{name}-{screen}.png")
        assert shown.page.evaluate(OVERFLOW) <= 0, f"{name}-{screen}"


def _show(shown: Device, path: str, sign: str) -> None:
    town = shown.installation.town
    shown.open(path.format(merchant=town["merchant"], zone=town["zone"]))
    expect(shown.page.locator(sign).first).to_be_visible()
