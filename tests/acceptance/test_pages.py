"""Every page draws itself on phone and desktop, in both languages, and fits its screen."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import Device
from tests.acceptance.pictures import take_pictures
from web.languages import LOCALES


# Page -> whose, where ({merchant}, {zone}), and what is there once it is drawn.
PAGES: Final = {
    "board": ("staff", "/board/{merchant}", "#store .badge"),
    "courier": ("courier", "/courier", "#shift-state"),
    "webhooks": ("operator", "/board/{merchant}/webhooks", "#webhooks .card"),
}


class TestPages:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_fit_every_screen(self, device: Devices, pictures: Path, locale: str) -> None:
        for role in dict.fromkeys(whose for whose, _, _ in PAGES.values()):
            shown = device(role, locale=locale)
            for name, (whose, path, sign) in PAGES.items():
                if whose == role:
                    _show(shown, path, sign)
                    take_pictures(shown, pictures / f"{name}-{locale}")


def _show(shown: Device, path: str, sign: str) -> None:
    town = shown.installation.town
    shown.open(path.format(merchant=town["merchant"], zone=town["zone"]))
    expect(shown.page.locator(sign).first).to_be_visible()
