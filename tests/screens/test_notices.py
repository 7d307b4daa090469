"""An operator finds a notice, reads its story, and has what did not arrive sent again."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import Device
from tests.screens.installation import Installation
from web.languages import LOCALES, words_in


WHY = "顾客有手机了"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def order(device: Devices, installation: Installation) -> str:
    """Let the shop accept an order of somebody who has no device to push to; return its id."""
    placed = str(Api(installation, "customer").place_order(fulfilment="pickup")["id"])
    Api(installation, "staff").post(f"/orders/{placed}/accept")
    return placed


def dead_letter(operator: Device, order: str) -> Locator:
    """Open the list and wait until it has the message that found no device."""
    page = operator.open("operator/dead-letters")
    page.check("[name=with_deviceless]", force=True)
    page.select_option("[name=template]", "order_accepted")
    row = page.locator(f'[data-of="{order}"]')
    expect(row).to_have_attribute("data-state", "dead")
    return row


class TestDeadLetters:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_sent_again_and_the_story_tells_by_whom(
        self, device: Devices, pictures: Path, order: str, locale: str
    ) -> None:
        operator = device("operator", locale=locale)
        row, page = dead_letter(operator, order), operator.page
        page.screenshot(path=pictures / f"dead-letters-{locale}.png")
        row.locator("[data-deed=replay]").click()
        operator.confirm()
        needed = words_in(locale)["shell"]["needed"]
        expect(page.locator("dialog .field-error")).to_have_text(needed)
        operator.confirm(reason=WHY)
        expect(row).to_contain_text(words_in(locale)["dead_letters"]["again"].format(n=1))
        row.locator("[data-link=notice]").click()
        expect(page.locator("[data-part=history]")).to_contain_text(WHY)
        step = page.locator("[data-part=steps] [data-delivery]")
        # There still is no device, so the second attempt ends as the first.
        expect(step).to_have_attribute("data-state", "dead")
        expect(step.locator("[data-try]")).to_have_count(0)
        page.screenshot(path=pictures / f"notice-{locale}.png", full_page=True)

    def test_are_sent_again_together(self, device: Devices, order: str) -> None:
        operator = device("operator")
        row = dead_letter(operator, order)
        operator.deed("replay-all")
        operator.confirm(reason=WHY)
        expect(row).to_contain_text(words_in("zh-CN")["dead_letters"]["again"].format(n=1))


class TestSearch:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_leads_from_the_order_to_the_story(
        self, device: Devices, pictures: Path, order: str, locale: str
    ) -> None:
        operator = device("operator", locale=locale)
        page = operator.open(f"operator/index?order={order}")
        page.locator("[data-part=notices] a").last.click()
        page.wait_for_url("**/app/operator/notice?id=*")
        expect(page.locator("[data-standing]").first).to_be_visible()
        expect(page.locator("[data-part=recipients] tbody tr")).to_have_count(2)
        expect(page.locator("[data-part=steps] [data-state=cancelled]").first).to_be_visible()
        page.screenshot(path=pictures / f"story-{locale}.png", full_page=True)
        assert page.evaluate(OVERFLOW) <= 0
        notice = page.url.rpartition("=")[2]
        operator.open("operator/notices")
        page.fill("[name=query]", notice)
        expect(page.locator(f'[data-notice="{notice}"]')).to_be_visible()
        assert page.url.endswith(f"?query={notice}")

    def test_says_so_when_there_is_nothing(self, device: Devices) -> None:
        page = device("operator").open("operator/notices?query=nobody")
        expect(page.locator(".empty")).to_have_text(words_in("zh-CN")["notices"]["none"])


class TestTemplates:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_shown_in_both_languages_and_found(self, device: Devices, locale: str) -> None:
        page = device("operator", locale=locale).open("operator/templates")
        shown = page.locator('[data-template="order_accepted"] [lang]')
        expect(shown).to_have_count(2)
        expect(shown.first).to_have_attribute("lang", locale)
        page.fill("[name=query]", "order_accepted")
        expect(page.locator("[data-template]")).to_have_count(1)
