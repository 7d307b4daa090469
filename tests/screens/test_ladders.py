"""Operators set a ladder: they see what would happen, what is wrong, and return to what was."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import Device
from tests.screens.installation import Installation
from web.languages import words_in


WORDS = words_in("zh-CN")
KIND = "no_courier"  # no other test waits for its steps


@pytest.fixture
def desk(device: Devices, installation: Installation) -> Iterator[Device]:
    """Open the ladder of a notice; in the end nothing is set."""
    shown = device("operator")
    shown.open("operator/ladders")
    choose(shown)
    yield shown
    Api(installation, "operator").post("/ladders/reset", template=KIND, reason="the test is over")


def choose(desk: Device) -> None:
    desk.page.select_option("[name=scope]", KIND)
    expect(desk.page.locator("[data-part=ladder]")).to_have_attribute("data-of", KIND)
    expect(desk.page.locator("[data-part=preview] [data-what]")).to_have_count(7)


class TestLadder:
    def test_is_set_previewed_and_taken_back(self, desk: Device) -> None:
        page = desk.page
        step = page.locator("[data-part=step]").nth(3)
        calls = step.locator("[name=after_seconds]")
        calls.fill("45")
        wrong = step.locator("[data-part=step-wrong]")
        expect(wrong).to_have_text(WORDS["ladder_faults"]["out_of_order"])
        calls.fill("75")
        expect(page.locator("[data-part=step-wrong]")).to_have_count(0)
        page.fill("[name=reason]", "calls help")
        desk.deed("save")
        expect(page.locator("[data-deed=reset]")).to_be_visible()
        changes = page.locator("[data-part=changes]")
        expect(changes).to_contain_text("calls help")
        expect(calls).to_have_value("75")
        desk.deed("reset")
        expect(page.locator("[data-deed=reset]")).to_have_count(0)
        expect(calls).to_have_value("90")
        changes.locator("[data-deed=revert]").last.click()
        expect(calls).to_have_value("75")

    def test_is_previewed_in_the_language_of_the_screen(self, desk: Device) -> None:
        preview = desk.page.locator("[data-part=preview]")
        said = preview.locator('[data-what="push"]').first
        text = preview.locator('[data-what="sms"]').first
        expect(said).to_contain_text("无骑手接单")
        expect(text).to_contain_text("无骑手接单")
        desk.deed("language")
        expect(said).to_contain_text("No courier for #42")
        expect(text).to_contain_text("No courier for #42")
        expect(text).not_to_contain_text("order_update")
