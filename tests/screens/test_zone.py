"""Operators set a zone, see its plan and why each courier was chosen, and pin one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import Device
from tests.screens.installation import Installation
from tests.screens.seed import PEOPLE
from web.languages import words_in


COURIER = PEOPLE["courier"][0]
WORDS = words_in("zh-CN")
MANY = 70


@pytest.fixture
def many_zones(device: Devices, installation: Installation) -> None:
    """Be in a country with more zones than the hub lets requests wait."""
    here = installation.town
    while installation.town_count < MANY:
        installation.found_town()
    installation.town = here


@pytest.fixture
def desk(device: Devices, installation: Installation) -> Iterator[Device]:
    """Open the zone for the operator; in the end each search looks for itself again."""
    shown = device("operator")
    shown.open("operator/index")
    shown.page.click(f'[data-zone="{installation.town["zone"]}"]')
    expect(shown.page.locator("[data-deed=save]")).to_be_visible()
    yield shown
    zone = installation.town["zone"]
    Api(installation, "operator").post(
        f"/zones/{zone}/configure", matching="greedy", offer_seconds=30
    )


@pytest.fixture
def courier(installation: Installation, desk: Device) -> Iterator[Api]:
    """Be on line at the shop; in the end off line."""
    at = desk.installation.town["merchant"]
    someone = Api(installation, "courier")
    shop = someone.ask("GET", f"/merchants/{at}")
    someone.post("/couriers/me/go-online", latitude=shop["latitude"], longitude=shop["longitude"])
    yield someone
    someone.post("/couriers/me/go-offline")


def fill(desk: Device, **values: str) -> None:
    for name, value in values.items():
        field = desk.page.locator(f"[data-part=settings] [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def choose(desk: Device, **values: str) -> None:
    """Fill the form, save it, and wait until it shows what is kept now."""
    fill(desk, **values)
    with desk.page.expect_response(lambda answer: answer.url.endswith("/dispatch")):
        desk.deed("save")


def wrong(desk: Device, **values: str) -> list[str]:
    """Fill the form, save it, and return the fields that are said to be wrong."""
    fill(desk, **values)
    desk.deed("save")
    for name in values:
        field = desk.page.locator(f"[data-part=settings] [name={name}]")
        expect(field).to_have_attribute("aria-invalid", "true")
    marked = desk.page.locator("[aria-invalid=true]").all()
    return [str(each.get_attribute("name")) for each in marked]


class TestSettings:
    def test_say_at_each_field_what_is_wrong(self, desk: Device) -> None:
        assert wrong(desk, offer_seconds="5") == ["offer_seconds"]
        expect(desk.page.locator(".field-error")).to_contain_text("10")
        fill(desk, offer_seconds="30")
        assert wrong(desk, near_metres="4500") == ["near_metres", "widened_metres"]
        fill(desk, near_metres="2000")
        assert wrong(desk, fairness="") == ["fairness"]

    def test_are_kept_with_who_changed_them_and_why(self, desk: Device) -> None:
        choose(desk, matching="optimise", offer_seconds="40", reason="午高峰")
        changes = desk.page.locator("[data-part=changes]")
        expect(changes).to_contain_text("午高峰")
        expect(changes).to_contain_text(PEOPLE["operator"][0])
        expect(changes).to_contain_text("30 → 40")
        desk.page.reload()
        expect(desk.page.locator("[name=offer_seconds]")).to_have_value("40")

    @pytest.mark.usefixtures("many_zones")
    def test_of_one_among_many_zones_are_kept(self, desk: Device) -> None:
        choose(desk, offer_seconds="45", reason="雨天")
        expect(desk.page.locator("[data-part=changes]")).to_contain_text("雨天")


class TestPlan:
    def test_shows_who_carries_what_when_and_why(
        self,
        desk: Device,
        device: Devices,
        installation: Installation,
        courier: Api,
        pictures: Path,
    ) -> None:
        choose(desk, matching="optimise")
        staff = Api(installation, "staff")
        order = Api(installation, "customer").place_order()["id"]
        staff.post(f"/orders/{order}/accept")
        plan = desk.page.locator("[data-courier]", has_text=COURIER)
        leg = plan.locator("[data-leg]", has=desk.page.locator(f'a[href$="{order}"]'))
        expect(leg).to_have_attribute("data-status", "planned")
        expect(plan).to_contain_text("马家面馆")

        operator = device("operator")
        operator.open(f"operator/index?order={order}")
        operator.deed("pin")
        operator.confirm(reason="熟悉小区")
        pin = operator.page.locator("[data-part=pin]")
        expect(pin).to_contain_text(COURIER)
        expect(pin).to_contain_text("熟悉小区")
        for step in ("start", "ready"):
            staff.post(f"/orders/{order}/{step}")
        expect(leg).to_have_attribute("data-status", "asked")
        desk.page.screenshot(path=pictures / "zone-plan.png", full_page=True)
        (offer,) = courier.ask("GET", "/couriers/me")["offers"]
        courier.post(f"/offers/{offer['id']}/accept")
        expect(leg).to_have_attribute("data-status", "accepted")

        why = operator.page.locator("[data-part=why]")
        expect(why).to_contain_text(WORDS["why_modes"]["pinned"])
        expect(why).to_contain_text("熟悉小区")
        expect(operator.page.locator("[data-part=candidates]")).to_contain_text(COURIER)
        operator.deed("stop")
        operator.confirm(note="测试结束")
        expect(operator.page.locator("[data-deed=stop]")).to_have_count(0)
