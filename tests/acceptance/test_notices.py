"""An operator finds a notice, reads its story, and has what did not arrive sent again."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE, Device
from tests.acceptance.test_share import take_pictures
from web.languages import LOCALES


def accepted_order(device: Devices) -> str:
    """Let the shop accept an order of somebody who has no device to push to; return its id."""
    customer, board = device("customer", viewport=PHONE), device("staff")
    board.open_board()
    order = customer.place_order(fulfilment="pickup")
    board.deed("accept", of=order)
    customer.sees_state("accepted")
    return order


def open_dead_letter(operator: Device, order: str) -> None:
    """Open the list and wait until it has the message that found no device."""
    page = operator.open("/operator/dead-letters")
    page.check("[name=with_deviceless]")
    page.select_option("[name=template]", "order_accepted")
    row = page.locator("[data-delivery]", has=page.locator(f'a[href="/operator?order={order}"]'))
    expect(row).to_have_attribute("data-state", "dead")


class TestDeadLetters:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_sent_again_and_the_story_tells_by_whom(
        self, device: Devices, pictures: Path, locale: str
    ) -> None:
        order = accepted_order(device)
        operator = device("operator", locale=locale)
        open_dead_letter(operator, order)
        take_pictures(operator, pictures / f"dead-letters-{locale}")
        page = operator.page
        row = page.locator(
            "[data-delivery]", has=page.locator(f'a[href="/operator?order={order}"]')
        )
        row.locator("[data-deed=replay]").click()
        with page.expect_response("**/replay") as replayed:
            operator.confirm(reason="the customer has a telephone now")
        assert replayed.value.ok

        row.locator("a").first.click()
        expect(page.locator("#history")).to_contain_text("the customer has a telephone now")
        step = page.locator("#steps [data-delivery]")
        # There still is no device, so the second attempt ends as the first.
        expect(step.locator("[data-try]")).to_have_count(0)
        expect(step).to_have_attribute("data-state", "dead")
        take_pictures(operator, pictures / f"notice-{locale}")

    def test_are_sent_again_together(self, device: Devices) -> None:
        order = accepted_order(device)
        operator = device("operator")
        open_dead_letter(operator, order)
        page = operator.page
        page.click("#replay-all")
        with page.expect_response("**/notifications/replays") as replayed:
            operator.confirm(reason="everybody has a telephone now")
        assert replayed.value.json()["replayed_count"] >= 1
        expect(page.locator(".toast").first).to_be_visible()


class TestSearch:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_leads_from_the_order_to_the_story(
        self, device: Devices, pictures: Path, locale: str
    ) -> None:
        order = accepted_order(device)
        operator = device("operator", locale=locale)
        page = operator.open(f"/operator?order={order}")
        page.locator("#order-notices a").last.click()
        page.wait_for_url("**/operator/notices/*")
        expect(page.locator("[data-standing=acted]")).to_be_visible()
        expect(page.locator("#recipients tr")).to_have_count(2)
        expect(page.locator("#steps [data-state=cancelled]").first).to_be_visible()
        take_pictures(operator, pictures / f"story-{locale}")
        notice = page.url.rpartition("/")[2]
        operator.open("/operator/notices")
        page.fill("[name=query]", notice)
        expect(page.locator(f'[data-notice="{notice}"]')).to_be_visible()
        take_pictures(operator, pictures / f"notices-{locale}")


class TestOperatorAnswersForTheShop:
    def test_lets_it_wait_and_asks_the_customer_to_collect(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE)
        board.open_board()
        order = customer.place_order()
        board.deed("accept", of=order)
        board.installation.run("tests.acceptance.age_searches")
        question = board.page.locator(f'[data-order="{order}"] [data-question="no_courier"]')
        expect(question).to_be_visible()
        operator = device("operator")
        drawer = operator.open(f"/operator?order={order}").locator("#drawer")
        drawer.locator("[data-deed=wait]").click()
        operator.confirm()
        expect(question).to_have_count(0)
        expect(drawer.locator("[data-deed=wait]")).to_have_count(0)
        drawer.locator("[data-deed=propose_pickup]").click()
        operator.confirm()
        customer.deed("come")
        expect(customer.page.locator("#pickup-question")).to_have_count(0)
