"""Operators set a ladder: they see what would happen, what is wrong, and return to what was."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import Device
from web.languages import words_in


WORDS = words_in("zh-CN")


@pytest.fixture
def desk(device: Devices) -> Iterator[Device]:
    """Open the ladder of a notice that no other test waits for; in the end nothing is set."""
    shown = device("operator")
    shown.open("/operator/ladders")
    choose(shown)
    yield shown
    shown.open("/operator/ladders")
    choose(shown)
    if shown.page.locator("#reset").count():
        shown.page.click("#reset")
        expect(shown.page.locator("#reset")).to_have_count(0)


def choose(desk: Device) -> None:
    expect(desk.page.locator("#scope option").first).to_be_attached()
    desk.page.select_option("#scope", "no_courier")
    expect(desk.page.locator("#ladder")).to_have_attribute("data-of", "no_courier")
    expect(desk.page.locator("#timeline li")).to_have_count(7)


class TestLadder:
    def test_is_set_previewed_and_taken_back(self, desk: Device) -> None:
        page = desk.page
        calls = page.locator(".step").nth(3).locator("[name=after_seconds]")
        calls.fill("45")
        calls.blur()
        expect(page.locator(".step").nth(3).locator(".wrong")).to_have_text(
            WORDS["ladder_faults"]["out_of_order"]
        )
        calls.fill("75")
        calls.blur()
        expect(page.locator(".step .wrong:not(:empty)")).to_have_count(0)
        page.fill("[name=reason]", "calls help")
        page.click("#save")
        expect(page.locator("#reset")).to_be_visible()
        expect(page.locator("#changes")).to_contain_text("calls help")
        expect(calls).to_have_value("75")
        page.click("#reset")
        expect(page.locator("#reset")).to_have_count(0)
        expect(calls).to_have_value("90")
        page.locator("#changes button").last.click()
        expect(calls).to_have_value("75")
