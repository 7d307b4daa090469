"""A board that may not sound says so, is asked once, and rings louder than it is overlooked."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright
from playwright.sync_api import TimeoutError as Late

from tests.screens.api import Api
from tests.screens.board import is_silent, rings, stands_in
from tests.screens.conftest import CHROMIUM, QUIET
from tests.screens.devices import GATE_MS, Device, new_device
from tests.screens.installation import Installation


STRICT = [*QUIET, "--autoplay-policy=document-user-activation-required"]
GATE = ".sound-gate"
VISITS = 8


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def board(playwright: Playwright, installation: Installation) -> Iterator[Device]:
    """A board in a browser that lets no page sound before somebody has touched it."""
    installation.found_town()
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=STRICT)
    made = new_device(browser, installation, "staff")
    yield made
    browser.close()
    assert not made.errors


@pytest.fixture
def order(board: Device) -> Callable[[], str]:
    """Return a function that places an order at the board's shop."""
    customer = Api(board.installation, "customer")
    return lambda: str(customer.place_order(fulfilment="pickup")["id"])


def look(board: Device) -> None:
    """Look until the browser refuses sound: now and then it forgets to."""
    for _ in range(VISITS):
        visit(board)
        with suppress(Late):
            board.page.locator(GATE).wait_for(timeout=GATE_MS)
            return
    raise AssertionError("this browser lets every page sound")


def visit(board: Device) -> None:
    board.open(f"board/index?shop={board.installation.town['merchant']}")
    board.is_live()


class TestPermission:
    def test_is_asked_for_where_the_browser_refuses(
        self, board: Device, order: Callable[[], str]
    ) -> None:
        look(board)
        gate = board.page.locator(GATE)
        expect(gate).to_have_count(1)
        stands_in(board, order(), "placed")
        rings(board)
        expect(gate).to_contain_text("不允许发声")
        assert board.page.evaluate("window.notes") == 0
        board.deed("enable-sound")
        expect(gate).to_have_count(0)
        board.page.wait_for_function("window.notes > 0")

    def test_is_given_by_any_touch_of_a_later_visit(
        self, board: Device, order: Callable[[], str]
    ) -> None:
        look(board)
        board.deed("enable-sound")
        expect(board.page.locator(GATE)).to_have_count(0)
        look(board)
        expect(board.page.locator(GATE)).to_contain_text("任意处")
        board.page.locator(".lane h2").first.click()
        expect(board.page.locator(GATE)).to_have_count(0)
        stands_in(board, order(), "placed")
        board.page.wait_for_function("window.notes > 0")


class TestRing:
    def test_is_tried_on_demand(self, board: Device) -> None:
        look(board)
        board.deed("ring-now")
        board.page.wait_for_function("window.notes > 0")
        expect(board.page.locator(GATE)).to_have_count(0)

    def test_goes_on_until_somebody_acknowledges(
        self, board: Device, order: Callable[[], str]
    ) -> None:
        look(board)
        board.deed("enable-sound")
        stands_in(board, order(), "placed")
        rings(board)
        heard = int(board.page.evaluate("window.notes"))
        board.page.wait_for_function("heard => window.notes > heard + 8", arg=heard)
        expect(board.page).to_have_title(re.compile("🔔 #"))
        board.deed("acknowledge")
        is_silent(board)
