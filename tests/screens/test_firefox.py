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


OF_ANOTHER_KEY: Final = """
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration.pushManager.getSubscription()).unsubscribe();
  const kind = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey } = await crypto.subtle.generateKey(kind, true, ["sign"]);
  const applicationServerKey = await crypto.subtle.exportKey("raw", publicKey);
  const wanted = { userVisibleOnly: true, applicationServerKey };
  return (await registration.pushManager.subscribe(wanted)).endpoint;
"""
ENDPOINT: Final = """
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration.pushManager.getSubscription())?.endpoint ?? "";
"""


@pytest.fixture
def firefox(installation: Installation, tmp_path: Path) -> Iterator[Firefox]:
    installation.found_town()
    with Firefox(tmp_path, sandbox_url=installation.sandbox_url) as browser:
        yield browser


def subscribe(firefox: Firefox, customer: Api) -> None:
    """Log the customer in, and let this browser be pushed to."""
    installation = customer.installation
    firefox.open(f"{installation.url}/app/login/index")
    firefox.run(KEEP, session_of(installation.url, installation.town["phones"]["customer"]))
    firefox.open(f"{installation.url}/app/settings/index")
    firefox.press("[data-deed=add-device]")
    (phone,) = wait_for("the device", lambda: customer.ask("GET", "/me/devices")["items"])
    assert phone["kind"] == "webpush"


def has_moved(firefox: Firefox, outdated: str) -> bool:
    """Ask whether the browser is pushed to at another endpoint now."""
    endpoint = str(firefox.run(ENDPOINT))
    return endpoint.startswith("http") and endpoint != outdated


class TestPush:
    def test_comes_to_whoever_asked_for_it_and_leads_to_the_order(
        self, firefox: Firefox, installation: Installation
    ) -> None:
        customer, shop = Api(installation, "customer"), Api(installation, "staff")
        subscribe(firefox, customer)
        order = customer.place_order(fulfilment="pickup")
        shop.post(f"/orders/{order['id']}/accept")
        notices = wait_for("a notification", lambda: firefox.run(SHOWN))
        assert f"#{order['number']}" in notices[0]["title"] + notices[0]["body"]
        assert notices[0]["url"] == f"/orders/{order['id']}"

        firefox.in_chrome(TAP)
        screen = f"{installation.url}/app/order/index?id={order['id']}"
        wait_for("its screen", lambda: [a for a in firefox.addresses() if a.startswith(screen)])

    def test_comes_again_once_the_key_of_the_hub_has_moved(
        self, firefox: Firefox, installation: Installation
    ) -> None:
        customer, shop = Api(installation, "customer"), Api(installation, "staff")
        subscribe(firefox, customer)
        outdated = firefox.run(OF_ANOTHER_KEY)
        assert outdated.startswith("http")
        firefox.open(f"{installation.url}/app/settings/index")
        wait_for("another endpoint", lambda: has_moved(firefox, outdated))
        order = customer.place_order(fulfilment="pickup")
        shop.post(f"/orders/{order['id']}/accept")
        notices = wait_for("a notification", lambda: firefox.run(SHOWN))
        assert f"#{order['number']}" in notices[0]["title"] + notices[0]["body"]
        assert len(customer.ask("GET", "/me/devices")["items"]) == 1
