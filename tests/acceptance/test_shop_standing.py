"""A shop rests, is busy or cannot be heard: its board, its customers and operators see it."""

import re

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE


COUNTS = {
    "en": re.compile(r"^Resumes in \d+:\d\d$"),
    "zh-CN": re.compile(r"^\d+:\d\d 后恢复接单$"),
}


class TestPause:
    @pytest.mark.parametrize("locale", sorted(COUNTS))
    def test_counts_down_and_is_told_to_customers(self, device: Devices, locale: str) -> None:
        board = device("staff", locale=locale)
        customer = device("customer", viewport=PHONE, locale=locale)
        board.open_board()
        board.deed("pause")
        board.confirm()
        expect(board.page.locator('#store [data-due="merchant.pause"]')).to_have_text(
            COUNTS[locale]
        )
        customer.open(f"/shops/{board.installation.town['merchant']}")
        expect(customer.page.locator('[data-why="paused"]')).to_contain_text(
            re.compile(r"\d\d:\d\d")
        )
        expect(customer.page.locator("[data-deed=more]")).to_have_count(0)
        board.deed("resume")
        expect(board.page.locator('[data-store="open"]')).to_have_count(1)
        customer.open(f"/shops/{board.installation.town['merchant']}")
        expect(customer.page.locator("[data-why]")).to_have_count(0)

    def test_lasts_until_a_time_of_the_day(self, device: Devices) -> None:
        board = device("staff", locale="en")
        board.open_board()
        board.deed("pause")
        board.page.check("dialog [value=time]")
        board.confirm(time="23:59")
        expect(board.page.locator('[data-store="paused"]')).to_contain_text("23:59")
        board.deed("resume")
        expect(board.page.locator('[data-store="open"]')).to_have_count(1)


class TestBusy:
    def test_shows_on_the_board_and_moves_the_price_tag(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE, locale="en")
        board.open_board()
        board.deed("busy")
        board.page.check("dialog [name=minutes][value='15']")
        board.confirm()
        expect(board.page.locator('[data-busy="15"]')).to_have_count(1)
        expect(board.page.locator('#store [data-due="merchant.busy"]')).to_have_count(1)
        customer.open(f"/shops/{board.installation.town['merchant']}")
        expect(customer.page.locator('[data-busy="15"]')).to_have_text(
            "Busy: everything takes 15 minutes longer."
        )
        customer.page.locator("[data-deed=more]").first.click()
        customer.page.check("input[value=pickup]", force=True)
        expect(customer.page.locator(".price")).to_contain_text("of it busy")
        board.deed("end_busy")
        expect(board.page.locator("[data-busy]")).to_have_count(0)


class TestUnheard:
    def test_is_resumed_by_one_tap_anywhere(self, device: Devices) -> None:
        board = device("staff")
        merchant = board.installation.town["merchant"]
        board.open_board()
        board.installation.run("tests.acceptance.lose_board")
        expect(board.page.locator('[data-store="paused"]')).to_have_count(1)
        board.page.click("#bell")
        board.page.locator('#inbox a[href$="?do=resume"]').click()
        board.page.wait_for_url(f"**/board/{merchant}")
        expect(board.page.locator('[data-store="open"]')).to_have_count(1)
