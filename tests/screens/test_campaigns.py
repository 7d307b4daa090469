"""A campaign is drafted in both languages, looked at, sent to those who agreed, and stopped."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import DESKTOP, PHONE
from tests.screens.installation import Installation
from web.languages import LOCALES


WORDS = {
    "zh-CN.title": "今日特价",
    "zh-CN.body": "牛肉面八折",
    "en.title": "Today only",
    "en.body": "Noodles at 80 %",
}
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def zone_of_noon() -> str:
    """Where it is about noon: campaigns are sent by day only, whenever this test runs."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def agree(customer: Api) -> None:
    """Let the person have a simulated phone, and agree to hear of the platform's campaigns."""
    key = customer.ask("GET", "/push/key")["key"]
    wanted = {"label": "phone", "person": "Lin", "vapid_public_key": key}
    url = f"{customer.installation.sandbox_url}/push/devices"
    with urlopen(Request(url, data=json.dumps(wanted).encode(), method="POST")) as answer:
        made = json.loads(answer.read())
    customer.post("/push/subscriptions", endpoint=made["endpoint"], keys=made["keys"])
    customer.post("/me/quiet-hours", time_zone=zone_of_noon(), starts_at=None, ends_at=None)
    wording = customer.ask("GET", "/me/consents")["wording"]["version"]
    customer.post("/me/consents", merchant_id=None, wording=wording)


class TestCampaigns:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_drafted_sent_counted_and_stopped(
        self, device: Devices, installation: Installation, pictures: Path, locale: str
    ) -> None:
        operator = device("operator", locale=locale)
        agree(Api(installation, "customer"))
        page = operator.open("campaigns/index")
        for name, words in WORDS.items():
            page.fill(f'[name="{name}"]', words)
        expect(page.locator('[data-card=draft] [data-preview="en"]')).to_contain_text(
            WORDS["en.body"]
        )
        operator.deed("save")
        campaign = page.locator("[data-campaign]").first
        expect(campaign).to_have_attribute("data-state", "draft")
        campaign.locator("[data-deed=start]").click()
        expect(page.locator("dialog")).to_contain_text(WORDS["en.body"])
        operator.confirm()
        expect(campaign).to_have_attribute("data-state", "running")
        expect(campaign.locator("[data-count=sent] b")).not_to_have_text("0")
        for screen, size in {"phone": PHONE, "desktop": DESKTOP}.items():
            page.set_viewport_size(size)
            page.screenshot(path=pictures / f"campaign-{locale}-{screen}.png", full_page=True)
            assert page.evaluate(OVERFLOW) <= 0
        campaign.locator("[data-deed=stop]").click()
        operator.confirm()
        expect(campaign).to_have_attribute("data-state", "stopped")

    def test_want_words_in_both_languages(self, device: Devices) -> None:
        operator = device("operator", viewport=PHONE)
        page = operator.open("campaigns/index")
        page.fill('[name="en.title"]', "Today only")
        operator.deed("save")
        expect(page.locator("[data-card=draft] [role=alert]")).to_have_count(1)
