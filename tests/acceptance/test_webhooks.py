"""A shop's program is registered, tried, fails, recovers and gets a new secret in the page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import Device
from tests.notifications.webhooks.receiver import Program, running_program
from web.languages import LOCALES


SECRET = re.compile(r"^whsec_.{40,}$")


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


def open_page(device: Device) -> None:
    device.open(f"/board/{device.installation.town['merchant']}/webhooks")


def take_secret(device: Device, program: Program) -> None:
    """Read the secret, which is shown this once."""
    secret = device.page.locator("#secret")
    expect(secret).to_have_value(SECRET)
    program.secrets = [*program.secrets, secret.input_value()]
    device.confirm()


def register(device: Device, program: Program) -> Locator:
    """Add the program in the page; return its card."""
    device.page.click("#add")
    device.confirm(url=program.url, description="till")
    take_secret(device, program)
    card = device.page.locator("[data-webhook]", has_text=program.url)
    expect(card.locator("[data-health=enabled]")).to_be_visible()
    return card


def try_twice(device: Device, program: Program, card: Locator) -> Locator:
    """Send two test events, of which the second fails once; return the accepted ones' rows."""
    accepted = device.page.locator("[data-delivery][data-state=accepted]")
    card.locator("[data-deed=deliveries]").click()
    card.locator("[data-deed=test]").click()
    expect(accepted).to_have_count(1)
    expect(accepted).to_contain_text("http_204")
    program.statuses = [500]
    card.locator("[data-deed=test]").click()
    expect(accepted).to_have_count(2)
    return accepted


class TestWebhooks:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_registered_tried_replayed_and_removed(
        self, device: Devices, program: Program, locale: str
    ) -> None:
        operator = device("operator", locale=locale)
        open_page(operator)
        page = operator.page
        card = register(operator, program)
        accepted = try_twice(operator, program, card)
        page.locator("[data-delivery]").first.locator("[data-deed=story]").click()
        expect(page.locator("dialog [data-try]")).to_contain_text(["http_500", "http_204"])
        operator.confirm()

        card.locator("[data-deed=rotate]").click()
        operator.confirm()
        take_secret(operator, program)
        page.locator("[data-deed=again]").last.click()
        expect(accepted).to_have_count(3)
        assert len(program.taken[-1].headers["webhook-signature"].split(" ")) == 2
        assert not program.forged

        card.locator("[data-deed=disable]").click()
        expect(card.locator("[data-health=disabled]")).to_be_visible()
        card.locator("[data-deed=remove]").click()
        operator.confirm()
        expect(card).to_have_count(0)
