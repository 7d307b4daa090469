"""Somebody ends campaigns by the link of one, without a log-in."""

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, Device
from tests.screens.installation import Installation
from web.languages import LOCALES, words_in


@pytest.fixture
def customer(device: Devices, installation: Installation) -> Api:
    """Agree to hear of the platform's campaigns."""
    person = Api(installation, "customer")
    wording = person.ask("GET", "/me/consents")["wording"]["version"]
    person.post("/me/consents", merchant_id=None, wording=wording)
    return person


def agrees(customer: Api) -> bool:
    """Ask whether the platform's campaigns still come."""
    items = customer.ask("GET", "/me/consents")["items"]
    return any(each["is_given"] for each in items if each["merchant_id"] is None)


def stands_at(shown: Device, stage: str) -> None:
    expect(shown.page.locator("[data-stage]")).to_have_attribute("data-stage", stage)


class TestUnsubscribe:
    @pytest.mark.parametrize("locale", LOCALES)
    @pytest.mark.parametrize("deed", ["this", "everywhere"])
    def test_ends_them_by_a_press_and_not_by_a_look(
        self, device: Devices, customer: Api, locale: str, deed: str
    ) -> None:
        shown = device(viewport=PHONE, locale=locale)
        link = customer.installation.run("tests.screens.give_unsubscribe_link").strip()
        shown.open(link)
        stands_at(shown, "ask")
        expect(shown.page.locator("[data-stage]")).to_contain_text(
            words_in(locale)["unsubscribe"]["ask"]
        )
        assert agrees(customer)
        shown.deed(deed)
        stands_at(shown, "done")
        assert not agrees(customer)

    def test_says_when_the_link_is_none_of_ours(self, device: Devices, customer: Api) -> None:
        shown = device()
        shown.open("/u/forged.link")
        stands_at(shown, "wrong")
        assert agrees(customer)
