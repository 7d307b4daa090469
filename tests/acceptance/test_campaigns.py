"""A campaign is drafted in both languages, looked at, sent to those who agreed, and stopped."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.phones import add_phone
from tests.acceptance.pictures import take_pictures
from tests.screens.api import Api
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


def agree(customer: Api) -> None:
    zone = zone_of_noon()
    customer.post("/me/quiet-hours", time_zone=zone, starts_at=None, ends_at=None)
    wording = customer.ask("GET", "/me/consents")["wording"]["version"]
    customer.post("/me/consents", merchant_id=None, wording=wording)


class TestCampaigns:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_drafted_sent_counted_and_stopped(
        self, device: Devices, pictures: Path, locale: str
    ) -> None:
        operator = device("operator", locale=locale)
        agree(Api(operator.installation, "customer"))
        add_phone(operator.installation, "customer")
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
