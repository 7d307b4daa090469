"""Somebody chooses in the browser what they hear and when, and it is still so the next time."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE
from tests.acceptance.test_share import take_pictures
from web.languages import LOCALES


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
        with page.expect_response("**/me/consents") as agreed:
            page.check("[data-merchant=platform]")
        assert agreed.value.ok
        take_pictures(customer, pictures / f"settings-{locale}")

        page.reload()
        expect(page.locator("#order_update-push")).to_have_value("digest")
        expect(page.locator("#quiet [name=starts_at]")).to_have_value("22:00")
        expect(page.locator("#quiet [name=time_zone]")).to_have_value("Europe/Berlin")
        expect(page.locator("[data-merchant=platform]")).to_be_checked()
        with page.expect_response("**/me/consents/withdraw") as ended:
            page.uncheck("[data-merchant=platform]")
        assert ended.value.ok
