"""A campaign is drafted in both languages, looked at, sent to those who agreed, and stopped."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE
from tests.acceptance.test_settings import add_phone
from tests.acceptance.test_share import take_pictures
from web.languages import LOCALES


WORDS = {
    "zh-CN.title": "今日特价",
    "zh-CN.body": "牛肉面八折",
    "en.title": "Today only",
    "en.body": "Noodles at 80 %",
}


def zone_of_noon() -> str:
    """Where it is about noon: campaigns are sent by day only, whenever this test runs."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def agree(page: Page) -> None:
    page.select_option("#quiet [name=time_zone]", zone_of_noon())
    page.fill("#quiet [name=starts_at]", "")
    page.fill("#quiet [name=ends_at]", "")
    with page.expect_response("**/me/quiet-hours") as said:
        page.click("#quiet button")
    assert said.value.ok
    if not page.is_checked("[data-merchant=platform]"):
        with page.expect_response("**/me/consents") as agreed:
            page.check("[data-merchant=platform]")
        assert agreed.value.ok


class TestCampaigns:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_drafted_sent_counted_and_stopped(
        self, device: Devices, pictures: Path, locale: str
    ) -> None:
        customer = device("customer", viewport=PHONE)
        agree(customer.open("/settings"))
        add_phone(customer)
        operator = device("operator", locale=locale)
        page = operator.open("/operator/campaigns")
        for name, words in WORDS.items():
            page.fill(f'[name="{name}"]', words)
        expect(page.locator('[data-preview="en"]')).to_contain_text(WORDS["en.body"])
        take_pictures(operator, pictures / f"campaign-draft-{locale}")
        page.click("#draft button.main")
        campaign = page.locator("[data-campaign]").first
        expect(campaign).to_have_attribute("data-state", "draft")
        campaign.locator("[data-deed=start]").click()
        expect(page.locator("dialog")).to_contain_text(WORDS["en.body"])
        operator.confirm()
        expect(campaign).to_have_attribute("data-state", "running")
        expect(campaign.locator("[data-count=sent] b")).to_have_text(re.compile("^[1-9]"))
        take_pictures(operator, pictures / f"campaign-{locale}")
        campaign.locator("[data-deed=stop]").click()
        operator.confirm()
        expect(campaign).to_have_attribute("data-state", "stopped")
