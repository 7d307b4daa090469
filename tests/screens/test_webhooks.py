"""A shop's program is registered, tried, fails, recovers and gets a new secret on its screen."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.notifications.webhooks.receiver import Program, running_program
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, Device
from web.languages import LOCALES


SECRET = re.compile(r"^whsec_.{40,}$")


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


def take_secret(owner: Device, program: Program) -> None:
    """Read the secret, which is shown this once."""
    secret = owner.page.locator("[data-secret]")
    expect(secret).to_have_text(SECRET)
    program.secrets = [*program.secrets, secret.inner_text()]
    owner.confirm()


def register(owner: Device, program: Program) -> Locator:
    """Add the program on the screen; return its card."""
    owner.deed("add")
    owner.confirm(url=program.url, description="till")
    take_secret(owner, program)
    card = owner.page.locator("[data-webhook]", has_text=program.url)
    expect(card.locator("[data-health=enabled]")).to_be_visible()
    return card


def try_twice(owner: Device, program: Program, card: Locator) -> Locator:
    """Send two test events, of which the second fails once; return the accepted ones' rows."""
    accepted = owner.page.locator("[data-delivery][data-state=accepted]")
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
        operator.open(f"webhooks/index?shop={operator.installation.town['merchant']}")
        page = operator.page
        card = register(operator, program)
        accepted = try_twice(operator, program, card)
        page.locator("[data-delivery]").first.locator("[data-deed=story]").click()
        expect(page.locator("dialog [data-try]")).to_contain_text(["http_500", "http_204"])
        operator.deed("no")

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

    def test_need_an_event_and_keep_what_was_written_when_they_are_refused(
        self, device: Devices
    ) -> None:
        operator = device("operator", viewport=PHONE)
        operator.open(f"webhooks/index?shop={operator.installation.town['merchant']}")
        operator.deed("add")
        for family in ("order.*", "delivery.*"):
            operator.page.locator(f'dialog [data-deed="{family}"]').click()
        operator.confirm(url="nonsense")
        expect(operator.page.locator("dialog")).to_contain_text("至少选择一种事件")
        operator.page.locator('dialog [data-deed="order.*"]').click()
        operator.confirm()
        expect(operator.page.locator(".toast.alert")).to_have_count(1)
        expect(operator.page.locator("dialog [name=url]")).to_have_value("nonsense")


class TestOwner:
    def test_finds_programs_on_the_board_where_clerks_do_not(self, device: Devices) -> None:
        operator, clerk = device("operator"), device("staff")
        for somebody in (operator, clerk):
            somebody.open_board()
            somebody.deed("settings")
        expect(clerk.page.locator("dialog [data-deed=test-ring]")).to_have_count(1)
        expect(clerk.page.locator("dialog [data-deed=programs]")).to_have_count(0)
        operator.deed("programs")
        expect(operator.page.locator("[data-deed=add]").first).to_be_visible()
        operator.deed("back")
        operator.is_live()
        clerk.open(f"webhooks/index?shop={clerk.installation.town['merchant']}")
        expect(clerk.page.locator(".empty.alert")).to_have_count(1)
