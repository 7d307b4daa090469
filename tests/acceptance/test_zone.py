"""Operators set a zone, see its plan and why each courier was chosen, and pin one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE, Device
from tests.acceptance.installation import Installation
from tests.acceptance.seed import PEOPLE
from web.languages import words_in


COURIER = PEOPLE["courier"][0]
WORDS = words_in("zh-CN")


@pytest.fixture
def desk(device: Devices) -> Iterator[Device]:
    """Open the zone's page for the operator; in the end each search looks for itself again."""
    shown = device("operator")
    shown.open("/operator")
    shown.page.click(f'[data-zone="{shown.installation.town["zone"]}"]')
    expect(shown.page.locator("#save")).to_be_visible()
    yield shown
    shown.page.reload()
    expect(shown.page.locator("#save")).to_be_visible()
    choose(shown, matching="greedy")


def choose(desk: Device, **values: str) -> None:
    """Fill the form, save it, and wait until it shows what is kept now."""
    for name, value in values.items():
        field = desk.page.locator(f"#settings [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    with desk.page.expect_response(lambda answer: answer.url.endswith("/dispatch")):
        desk.page.click("#save")


def wrong(desk: Device, **values: str) -> list[str]:
    """Fill the form, save it, and return the fields that are said to be wrong."""
    for name, value in values.items():
        desk.page.fill(f"#settings [name={name}]", value)
    desk.page.click("#save")
    expect(desk.page.locator("[aria-invalid=true]").first).to_be_visible()
    marked = desk.page.locator("[aria-invalid=true]").all()
    return [str(each.get_attribute("name")) for each in marked]


class TestSettings:
    def test_say_at_each_field_what_is_wrong(self, desk: Device, pictures: Path) -> None:
        assert wrong(desk, offer_seconds="5") == ["offer_seconds"]
        expect(desk.page.locator("#wrong-offer_seconds")).to_contain_text("10")
        desk.page.screenshot(path=pictures / "zone-wrong.png", full_page=True)
        assert wrong(desk, offer_seconds="30", near_metres="4500") == [
            "near_metres",
            "widened_metres",
        ]
        assert wrong(desk, near_metres="2000", fairness="") == ["fairness"]

    def test_are_kept_with_who_changed_them_and_why(self, desk: Device) -> None:
        choose(desk, matching="optimise", offer_seconds="40", reason="午高峰")
        changes = desk.page.locator("#changes")
        expect(changes).to_contain_text("午高峰")
        expect(changes).to_contain_text("30 → 40")
        desk.page.reload()
        expect(desk.page.locator("[name=offer_seconds]")).to_have_value("40")
        choose(desk, offer_seconds="30")


class TestPlan:
    def test_shows_who_carries_what_when_and_why(
        self, desk: Device, device: Devices, pictures: Path
    ) -> None:
        choose(desk, matching="optimise")
        courier, board = device("courier", viewport=PHONE), device("staff")
        courier.open("/courier")
        courier.page.click("#go-online")
        board.open_board()
        order = device("customer", viewport=PHONE).place_order()
        board.deed("accept", of=order)
        plan = desk.page.locator("#plans article", has_text=COURIER)
        leg = plan.locator("[data-leg]")
        expect(leg).to_have_attribute("data-status", "planned")
        expect(plan).to_contain_text("马家面馆")

        operator = device("operator")
        pin(operator, order)
        for deed in ("start", "mark_ready"):
            board.deed(deed, of=order)
        expect(courier.page.locator(".offer .note")).to_contain_text("运营指定")
        expect(leg).to_have_attribute("data-status", "asked")
        desk.page.screenshot(path=pictures / "zone-plan.png", full_page=True)
        courier.deed("accept")
        expect(courier.page.locator("[data-why]")).to_have_text(WORDS["job_why"]["pinned"])
        courier.page.screenshot(path=pictures / "job-why.png", full_page=True)
        expect(leg).to_have_attribute("data-status", "accepted")

        sees_why(operator, order)
        operator.page.screenshot(path=pictures / "why.png", full_page=True)
        operator.deed("stop")
        operator.confirm()
        expect(courier.page.locator("[data-leg]")).to_have_count(0)
        courier.page.click("#go-offline")


class TestHint:
    def test_is_shown_to_an_idle_courier_until_there_is_something_to_do(
        self, device: Devices, installation: Installation
    ) -> None:
        courier, board = device("courier", viewport=PHONE), device("staff")
        courier.open("/courier")
        courier.page.click("#go-online")
        expect(courier.page.locator("#shift-state")).to_have_attribute("data-state", "online")
        installation.run("tests.acceptance.give_hint")
        expect(courier.page.locator("#hint")).to_contain_text("马家面馆")
        board.open_board()
        order = device("customer", viewport=PHONE).place_order()
        board.deed("accept", of=order)
        expect(courier.page.locator(".offer")).to_be_visible()
        expect(courier.page.locator("#hint")).to_be_hidden()
        operator = device("operator")
        operator.open(f"/operator?order={order}")
        operator.deed("stop")
        operator.confirm()
        expect(courier.page.locator(".offer")).to_have_count(0)
        courier.page.click("#go-offline")


def pin(operator: Device, order: str) -> None:
    """Pin the order's leg to the courier, and see that it is kept with the reason."""
    operator.open(f"/operator?order={order}")
    operator.page.locator("#drawer [data-deed=pin]").click()
    operator.confirm(reason="熟悉小区")
    expect(operator.page.locator("#pin")).to_contain_text(COURIER)
    expect(operator.page.locator("#pin")).to_contain_text("熟悉小区")


def sees_why(operator: Device, order: str) -> None:
    """Wait until the order's page says why it has its courier, and who was compared."""
    operator.open(f"/operator?order={order}")
    expect(operator.page.locator("#why")).to_contain_text(WORDS["why_modes"]["pinned"])
    expect(operator.page.locator("#candidates")).to_contain_text(COURIER)
