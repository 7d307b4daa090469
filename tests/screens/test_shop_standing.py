"""A shop rests, is busy or cannot be heard: its board and its customers see it."""

import re

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE
from tests.screens.installation import Installation


COUNTS = {
    "en": re.compile(r"^Resumes in \d+:\d\d$"),
    "zh-CN": re.compile(r"^\d+:\d\d 后恢复接单$"),
}


class TestPause:
    @pytest.mark.parametrize("locale", sorted(COUNTS))
    def test_counts_down_and_is_the_shops_standing(
        self, device: Devices, installation: Installation, locale: str
    ) -> None:
        board = device("staff", locale=locale)
        board.open_board()
        board.deed("pause")
        board.confirm()
        expect(board.page.locator('[data-due="merchant.pause"]')).to_have_text(COUNTS[locale])
        shop = f"/merchants/{installation.town['merchant']}"
        assert Api(installation, "customer").ask("GET", shop)["why"] == "paused"
        board.deed("resume")
        expect(board.page.locator('[data-store="open"]')).to_have_count(1)

    def test_lasts_until_a_time_of_the_day(self, device: Devices) -> None:
        board = device("staff", locale="en")
        board.open_board()
        board.deed("pause")
        board.choose("time")
        board.confirm(time="23:59")
        expect(board.page.locator('[data-store="paused"]')).to_contain_text("23:59")
        board.deed("resume")
        expect(board.page.locator('[data-store="open"]')).to_have_count(1)


class TestBusy:
    def test_is_on_the_board_and_in_the_shops_standing(
        self, device: Devices, installation: Installation
    ) -> None:
        board = device("staff")
        board.open_board()
        board.deed("busy")
        board.choose("15")
        board.confirm()
        expect(board.page.locator('[data-busy="15"]')).to_have_count(1)
        expect(board.page.locator('[data-due="merchant.busy"]')).to_have_count(1)
        shop = f"/merchants/{installation.town['merchant']}"
        assert Api(installation, "customer").ask("GET", shop)["busy_minutes"] == 15
        board.deed("end_busy")
        expect(board.page.locator("[data-busy]")).to_have_count(0)


class TestSoldOut:
    def test_takes_an_item_off_the_menu_and_puts_it_back(self, device: Devices) -> None:
        board = device("staff", viewport=PHONE)
        board.open_board()
        last = board.installation.town["items"][-1]
        board.deed("menu")
        board.deed(last)
        expect(board.page.locator("dialog .badge.alert")).to_have_count(1)
        board.deed(last)
        expect(board.page.locator("dialog .badge.alert")).to_have_count(0)


class TestUnheard:
    def test_is_resumed_by_the_one_action_of_its_notice(self, device: Devices) -> None:
        board = device("staff")
        board.open_board()
        board.installation.run("tests.screens.lose_board")
        expect(board.page.locator('[data-cause="no_board"]')).to_have_count(1)
        expect(board.page.locator('[data-store="paused"]')).to_have_count(1)
        board.deed("inbox")
        board.page.locator(".inbox").get_by_role("link", name=re.compile("恢复")).first.click()
        expect(board.page.locator('[data-store="open"]')).to_have_count(1)
        assert "do=resume" not in board.page.url
