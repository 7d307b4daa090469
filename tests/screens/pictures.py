"""Screenshots of what a device shows, on a phone and on a desktop."""

from pathlib import Path
from typing import Any, Final

from tests.screens.devices import DESKTOP, PHONE


SCREENS: Final = {"phone": PHONE, "desktop": DESKTOP}
OVERFLOW: Final = "document.documentElement.scrollWidth - innerWidth"


def take_pictures(device: Any, name: Path) -> None:
    """One picture a screen; nothing may stick out sideways."""
    for screen, size in SCREENS.items():
        device.page.set_viewport_size(size)
        device.page.screenshot(path=f"{name}-{screen}.png", full_page=True)
        assert device.page.evaluate(OVERFLOW) <= 0, f"{name}-{screen}"
