"""Somebody reads everything that they were told, and does what still waits."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, Device
from tests.screens.installation import Installation
from tests.screens.pictures import take_pictures
from web.languages import LOCALES, words_in


ASKED = "**/api/v1/inbox?*"


def entries(person: Device, state: str = "") -> Locator:
    """Return what is listed, or what of it is in that state."""
    return person.page.locator(f'.notice[data-state="{state}"]' if state else ".notice")


def by_twos(route: Route) -> None:
    """Ask for pages of two."""
    route.continue_(url=route.request.url.replace("limit=30", "limit=2"))


def fail(route: Route) -> None:
    route.fulfill(status=503, json={"code": "unavailable"})


class TestInbox:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_keeps_what_was_done_and_does_what_waits(
        self, device: Devices, installation: Installation, pictures: Path, locale: str
    ) -> None:
        shop, customer = Api(installation, "staff"), Api(installation, "customer")
        done, waiting = (customer.place_order(fulfilment="pickup") for _ in range(2))
        shop.post(f"/orders/{done['id']}/accept")
        staff = device("staff", viewport=PHONE, locale=locale)
        staff.open("doors/index")
        staff.deed("inbox")
        staff.deed("all-notices")
        staff.page.wait_for_url("**/app/inbox/index")
        expect(entries(staff, "acted")).to_have_count(1)
        expect(entries(staff, "waiting")).to_contain_text(f"#{waiting['number']}")
        expect(staff.page.locator("h2")).to_have_text(words_in(locale)["inbox"]["today"])
        take_pictures(staff, pictures / f"inbox-{locale}")
        entries(staff, "waiting").locator("[data-deed=acknowledge]").click()
        expect(entries(staff, "acted")).to_have_count(2)
        expect(staff.page.locator("[data-deed=acknowledge]")).to_have_count(0)

    def test_tells_what_comes_while_it_is_open(
        self, device: Devices, installation: Installation
    ) -> None:
        customer = device("customer")
        customer.open("/inbox")
        expect(customer.page.locator(".empty")).to_be_visible()
        order = Api(installation, "customer").place_order(fulfilment="pickup")
        Api(installation, "staff").post(f"/orders/{order['id']}/accept")
        expect(entries(customer, "new")).to_have_count(1)
        customer.page.reload()
        expect(entries(customer, "seen")).to_have_count(1)
        entries(customer).locator("a").click()
        customer.sees_state("accepted")

    def test_goes_back_page_by_page(self, device: Devices, installation: Installation) -> None:
        customer = Api(installation, "customer")
        numbers = [customer.place_order(fulfilment="pickup")["number"] for _ in range(5)]
        staff = device("staff")
        staff.page.route(ASKED, by_twos)
        staff.open("inbox/index")
        for shown in (2, 4):
            expect(entries(staff)).to_have_count(shown)
            staff.deed("older")
        expect(entries(staff)).to_have_count(5)
        expect(staff.page.locator("[data-deed=older]")).to_have_count(0)
        for entry, number in zip(entries(staff).all(), reversed(numbers), strict=True):
            expect(entry).to_contain_text(f"#{number}")

    def test_says_that_it_could_not_look_and_looks_again(
        self, device: Devices, installation: Installation
    ) -> None:
        staff = device("staff")
        staff.page.route(ASKED, fail)
        staff.open("inbox/index")
        expect(staff.page.locator(".empty.alert")).to_be_visible()
        staff.is_live()
        with staff.page.expect_response(ASKED):
            staff.deed("again")
        expect(staff.page.locator(".empty.alert")).to_be_visible()
        Api(installation, "customer").place_order(fulfilment="pickup")
        staff.page.unroute_all()
        staff.page.reload()
        expect(entries(staff)).to_have_count(1)
        staff.page.route(ASKED, fail)
        staff.page.reload()
        expect(staff.page.locator("[data-stale]")).to_be_visible()
        expect(entries(staff)).to_have_count(1)
        staff.errors.clear()


class TestTap:
    def test_on_a_notice_has_seen_it_wherever_it_leads(
        self, device: Devices, installation: Installation
    ) -> None:
        person = Api(installation, "customer")
        order = person.place_order(fulfilment="pickup")
        Api(installation, "staff").post(f"/orders/{order['id']}/accept")
        (notice,) = person.ask("GET", "/inbox")["items"]
        assert notice["seen_at"] is None
        customer = device("customer")
        with customer.page.expect_response(f"**/notices/{notice['id']}/seen"):
            customer.open(f"{notice['url']}?notice={notice['id']}")
        customer.sees_state("accepted")
        assert "notice=" not in customer.page.url
        (notice,) = person.ask("GET", "/inbox")["items"]
        assert notice["seen_at"] is not None
        assert not notice["open"]
