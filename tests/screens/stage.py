"""A town whose screens are looked at, one after the other, and what happens there for them."""

from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Browser, expect

from tests.screens.api import Api
from tests.screens.devices import Device, new_device
from tests.screens.installation import Installation


NOBODY: Final = "01900000-0000-7000-8000-000000000000"


class Stage:
    """A town, and one device for each of its people, which goes from scene to scene."""

    def __init__(self, browser: Browser, installation: Installation) -> None:
        self.installation = installation
        self.town = installation.town
        self.merchant = str(self.town["merchant"])
        self._browser = browser
        self._devices: dict[str | None, Device] = {}
        self._elsewhere: list[Stage] = []

    def device(self, role: str | None) -> Device:
        """Return the person's device."""
        if role not in self._devices:
            self.installation.town = self.town
            self._devices[role] = new_device(self._browser, self.installation, role)
        return self._devices[role]

    def api(self, role: str) -> Api:
        self.installation.town = self.town
        return Api(self.installation, role)

    def order(self, **wanted: Any) -> dict[str, Any]:
        return self.api("customer").place_order(**wanted)

    def elsewhere(self) -> "Stage":
        """Found another town, where nothing has happened yet."""
        self.installation.found_town()
        self._elsewhere.append(Stage(self._browser, self.installation))
        self.installation.town = self.town
        return self._elsewhere[-1]

    def close(self) -> None:
        for device in self._devices.values():
            device.context.close()
        for stage in self._elsewhere:
            stage.close()


Scene = Callable[[Stage], Device]


def opened(stage: Stage, role: str | None, screen: str, awaited: str) -> Device:
    """Open a screen and wait until `awaited` is there."""
    device = stage.device(role)
    device.open(screen)
    expect(device.page.locator(awaited).first).to_be_visible()
    return device
