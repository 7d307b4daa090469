"""Everybody who follows an order sees what becomes of it by itself, and how soon."""

import re
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.screens.conftest import Devices
from tests.screens.devices import PHONE


UNLESS_ACCEPTED: Final = {
    "en": re.compile(r"^Auto-cancel in [0-4]:\d\d unless accepted$"),
    "zh-CN": re.compile(r"^[0-4]:\d\d 后未接单将自动取消$"),
}
LATER: Final = {"en": "Closed in", "zh-CN": "后关闭"}


def runs(line: Locator, locale: str) -> None:
    """Prove that the line counts down by itself."""
    expect(line).to_have_text(UNLESS_ACCEPTED[locale])
    expect(line).not_to_have_text(line.inner_text())
    expect(line).to_have_text(UNLESS_ACCEPTED[locale])


class TestNextDeadline:
    @pytest.mark.parametrize("locale", sorted(UNLESS_ACCEPTED))
    def test_counts_down_on_every_screen_of_the_order(self, device: Devices, locale: str) -> None:
        customer = device("customer", viewport=PHONE, locale=locale)
        board = device("staff", locale=locale)
        board.open_board()
        order = customer.place_order(fulfilment="pickup")
        guest = device(viewport=PHONE, locale=locale)
        guest.page.goto(customer.share())
        lines = [
            customer.page.locator("[data-due]"),
            guest.page.locator("[data-due]"),
            board.page.locator(f'[data-order="{order}"] [data-due]'),
        ]
        for line in lines:
            runs(line, locale)

        board.deed("accept", of=order)
        for line in lines:
            expect(line).to_have_attribute("data-due", "order.overdue")
            expect(line).to_contain_text(LATER[locale])
        customer.deed("cancel")
        customer.confirm()
        board.deed("stopped", of=order)
        expect(customer.page.locator("[data-due]")).to_have_count(0)
