"""A real push in a real browser: asked for in the settings, sent by an order, shown, tapped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.screens.api import Api
from tests.screens.devices import session_of
from tests.screens.firefox import Firefox, wait_for
from tests.screens.installation import Installation


KEEP: Final = """
  localStorage.setItem("paidan:session", given[0]);
  localStorage.setItem("paidan:locale", JSON.stringify("en"));
"""
SHOWN: Final = """
  const registration = await navigator.serviceWorker.getRegistration();
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, data }) => ({ title, body, url: data.url }));
"""
TAP: Final = """
  const alert = Services.wm.getEnumerator("alert:alert").getNext();
  alert.document.getElementById("alertBox").click();
"""


@pytest.fixture
def firefox(installation: Installation, tmp_path: Path) -> Iterator[Firefox]:
    installation.found_town()
    with Firefox(tmp_path, sandbox_url=installation.sandbox_url) as browser:
        yield browser


class TestPush:
    def test_comes_to_whoever_asked_for_it_and_leads_to_the_order(
        self, firefox: Firefox, installation: Installation
    ) -> None:
        customer, shop = Api(installation, "customer"), Api(installation, "staff")
        firefox.open(f"{installation.url}/app/login/index")
        firefox.run(KEEP, session_of(installation.url, installation.town["phones"]["customer"]))
        firefox.open(f"{installation.url}/app/settings/index")
        firefox.press("[data-deed=add-device]")
        (phone,) = wait_for("the device", lambda: customer.ask("GET", "/me/devices")["items"])
        assert phone["kind"] == "webpush"

        order = customer.place_order(fulfilment="pickup")
        shop.post(f"/orders/{order['id']}/accept")
        notices = wait_for("a notification", lambda: firefox.run(SHOWN))
        assert f"#{order['number']}" in notices[0]["title"] + notices[0]["body"]
        assert notices[0]["url"] == f"/orders/{order['id']}"

        firefox.in_chrome(TAP)
        screen = f"{installation.url}/app/order/index?id={order['id']}"
        wait_for("its screen", lambda: [a for a in firefox.addresses() if a.startswith(screen)])
