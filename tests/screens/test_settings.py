"""Somebody chooses what they hear and when, and it is still so the next time."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.screens.conftest import Devices
from tests.screens.devices import PHONE
from tests.screens.phones import add_phone
from tests.screens.pictures import take_pictures
from web.languages import LOCALES


class TestSettings:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_kept(self, device: Devices, pictures: Path, locale: str) -> None:
        customer = device("customer", viewport=PHONE, locale=locale)
        page = customer.open("shops/index")
        customer.deed("inbox")
        page.click(".inbox [data-deed=settings]")
        page.select_option("[name=order_update-push]", "digest")
        expect(page.locator(".toast").first).to_be_visible()
        expect(page.locator("[name=order_alert-push]")).to_be_disabled()
        page.fill("[name=starts_at]", "22:00")
        page.fill("[name=ends_at]", "07:00")
        page.select_option("[name=time_zone]", "Europe/Berlin")
        with page.expect_response("**/me/quiet-hours") as said:
            customer.deed("save-quiet")
        assert said.value.ok
        expect(page.locator("[name=marketing-push]")).to_have_value("off")
        with page.expect_response("**/me/consents") as agreed:
            page.check("[name=platform]", force=True)
        assert agreed.value.ok
        expect(page.locator("[name=marketing-push]")).to_have_value("on")
        take_pictures(customer, pictures / f"settings-{locale}")

        page.reload()
        expect(page.locator("[name=order_update-push]")).to_have_value("digest")
        expect(page.locator("[name=starts_at]")).to_have_value("22:00")
        expect(page.locator("[name=time_zone]")).to_have_value("Europe/Berlin")
        expect(page.locator("[name=platform]")).to_be_checked()
        with page.expect_response("**/me/consents/withdraw") as ended:
            page.uncheck("[name=platform]", force=True)
        assert ended.value.ok
        expect(page.locator("[name=marketing-push]")).to_have_value("off")


class TestDevices:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_tried_and_taken_away(self, device: Devices, pictures: Path, locale: str) -> None:
        customer = device("customer", viewport=PHONE, locale=locale)
        phone = add_phone(customer.installation, "customer")
        page = customer.open("settings/index")
        row = page.locator(f'[data-device="{phone}"]')
        expect(row).to_be_visible()
        customer.deed("try")
        # Others may have given the same person more of them.
        expect(page.locator("[data-tried]")).to_have_text(re.compile("[1-9]"))
        take_pictures(customer, pictures / f"devices-{locale}")
        row.locator("[data-deed=forget]").click()
        customer.confirm()
        expect(row).to_have_count(0)
