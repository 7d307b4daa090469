"""Somebody chooses in the browser what they hear and when, and it is still so the next time."""

import json
import re
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE, Device
from tests.acceptance.test_share import take_pictures
from web.languages import LOCALES


SUBSCRIBE = """async ([endpoint, keys]) => {
  const headers = {
    "Content-Type": "application/json",
    "X-CSRFToken": document.documentElement.dataset.csrf,
  };
  const body = JSON.stringify({ endpoint, keys });
  const answer = await fetch("/api/v1/push/subscriptions", { method: "POST", headers, body });
  return (await answer.json()).id;
}"""


def add_phone(device: Device) -> int:
    """Let the person have a simulated phone, too; return the number of its row."""
    key = device.page.evaluate("async () => (await (await fetch('/api/v1/push/key')).json()).key")
    wanted = {"label": "phone", "person": "Lin", "vapid_public_key": key}
    url = f"{device.installation.sandbox_url}/push/devices"
    with urlopen(Request(url, data=json.dumps(wanted).encode(), method="POST")) as answer:
        made = json.loads(answer.read())
    number: int = device.page.evaluate(SUBSCRIBE, [made["endpoint"], made["keys"]])
    return number


class TestSettings:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_kept(self, device: Devices, pictures: Path, locale: str) -> None:
        customer = device("customer", viewport=PHONE, locale=locale)
        customer.open("/shops")
        page = customer.page
        page.click("#bell")
        page.click("#inbox a[href='/settings']")
        page.select_option("#order_update-push", "digest")
        expect(page.locator(".toast").first).to_be_visible()
        expect(page.locator("#order_alert-push")).to_be_disabled()
        page.fill("#quiet [name=starts_at]", "22:00")
        page.fill("#quiet [name=ends_at]", "07:00")
        page.select_option("#quiet [name=time_zone]", "Europe/Berlin")
        with page.expect_response("**/me/quiet-hours") as said:
            page.click("#quiet button")
        assert said.value.ok
        expect(page.locator("#marketing-push")).to_have_value("off")
        with page.expect_response("**/me/consents") as agreed:
            page.check("[data-merchant=platform]")
        assert agreed.value.ok
        expect(page.locator("#marketing-push")).to_have_value("on")
        take_pictures(customer, pictures / f"settings-{locale}")

        page.reload()
        expect(page.locator("#order_update-push")).to_have_value("digest")
        expect(page.locator("#quiet [name=starts_at]")).to_have_value("22:00")
        expect(page.locator("#quiet [name=time_zone]")).to_have_value("Europe/Berlin")
        expect(page.locator("[data-merchant=platform]")).to_be_checked()
        with page.expect_response("**/me/consents/withdraw") as ended:
            page.uncheck("[data-merchant=platform]")
        assert ended.value.ok
        expect(page.locator("#marketing-push")).to_have_value("off")


class TestDevices:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_tried_and_taken_away(self, device: Devices, pictures: Path, locale: str) -> None:
        customer = device("customer", viewport=PHONE, locale=locale)
        page = customer.open("/settings")
        phone = add_phone(customer)
        page.reload()
        row = page.locator(f'[data-device="{phone}"]')
        expect(row).to_be_visible()
        page.click("#try")
        # Others may have given the same person more of them.
        expect(page.locator("#tried")).to_have_text(re.compile("[1-9]"))
        take_pictures(customer, pictures / f"devices-{locale}")
        row.locator("[data-deed=forget]").click()
        customer.confirm()
        expect(row).to_have_count(0)
