"""What tests ask of the shop's board: who rings, which card stands where."""

from typing import Any, Final

from playwright.sync_api import Locator, expect

from tests.screens.devices import Device


STUB_PRINT: Final = "window.prints = 0; window.print = () => { window.prints += 1; };"


def bar(board: Device) -> Locator:
    """Return what stands above the lanes while the board rings."""
    return board.page.locator(".ringing-bar")


def rings(board: Device) -> None:
    """Wait until the board rings."""
    expect(bar(board)).to_have_count(1)


def is_silent(board: Device) -> None:
    """Wait until the board rings no more."""
    expect(bar(board)).to_have_count(0)


def card(board: Device, order: str) -> Locator:
    """Return the order's card."""
    return board.page.locator(f'[data-order="{order}"]')


def stands_in(board: Device, order: str, lane: str) -> None:
    """Wait until the order stands in the lane."""
    expect(board.page.locator(f'[data-lane="{lane}"] [data-order="{order}"]')).to_have_count(1)


def can_print(board: Device) -> None:
    """Count prints; no dialog of the browser opens."""
    board.page.add_init_script(STUB_PRINT)


def printed(board: Device, count: int, mark: str) -> Locator:
    """Wait for the device's print number `count`, which says `mark`; return its papers."""
    board.page.wait_for_function("count => window.prints === count", arg=count)
    papers = board.page.locator(".papers .paper")
    expect(papers.first).to_have_attribute("data-mark", mark)
    return papers


def code_of(order: dict[str, Any]) -> str:
    """Return what the customer shows at the counter or the door."""
    return str(order["handover_code"])
