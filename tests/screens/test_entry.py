"""Coming in, finding one's way, and what is shown where nothing stands."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, Device
from tests.screens.pictures import take_pictures
from tests.screens.seed import PASSWORD
from web.languages import LOCALES, words_in


NOBODYS: Final = "0190a3c0-0000-7000-8000-000000000001"

# Screen -> whose, where ({merchant}), and what is there once it is drawn.
SCREENS: Final = {
    "login": (None, "login/index", "form [name=phone]"),
    "doors": ("staff", "", ".door"),
    "shops": ("customer", "shops/index", ".shop-door"),
    "shop": ("customer", "shop/index?id={merchant}", ".dish"),
    "missing": ("customer", "/nowhere", "main .empty"),
}


def log_in(somebody: Device, role: str) -> None:
    somebody.page.fill(
        "[name=phone]", somebody.installation.town["phones"][role].removeprefix("+86")
    )
    somebody.page.fill("[name=password]", PASSWORD)
    somebody.page.press("[name=password]", "Enter")


class TestScreens:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_fit_phone_and_desktop(self, device: Devices, pictures: Path, locale: str) -> None:
        for name, (role, screen, sign) in SCREENS.items():
            shown = device(role, locale=locale)
            shown.open(screen.format(merchant=shown.installation.town["merchant"]))
            expect(shown.page.locator(sign).first).to_be_visible()
            take_pictures(shown, pictures / f"{name}-{locale}")


class TestLogIn:
    def test_speaks_english_and_lets_somebody_in(self, device: Devices) -> None:
        somebody = device()
        somebody.open("")
        somebody.deed("language")
        expect(somebody.page.locator("html")).to_have_attribute("lang", "en")
        log_in(somebody, "customer")
        expect(somebody.page.locator("h1")).to_contain_text("Hello")
        somebody.is_live()
        assert "Hello" in somebody.page.title()

    def test_stands_in_a_form_that_password_managers_know(self, device: Devices) -> None:
        page = device().open("login/index")
        form = page.locator("form")
        expect(form.locator("[name=phone]")).to_have_attribute("autocomplete", "username")
        password = form.locator("[name=password]")
        expect(password).to_have_attribute("autocomplete", "current-password")
        expect(form.locator("button")).to_have_attribute("type", "submit")

    def test_refuses_a_wrong_password(self, device: Devices) -> None:
        somebody = device()
        somebody.open("login/index")
        somebody.page.fill("[name=phone]", somebody.installation.town["phones"]["customer"])
        somebody.page.fill("[name=password]", "wrong")
        somebody.deed("enter")
        expect(somebody.page.get_by_role("alert")).to_be_visible()

    def test_leads_on_to_the_address_that_was_wanted(self, device: Devices) -> None:
        somebody = device()
        somebody.open("/login?next=/shops")
        log_in(somebody, "customer")
        somebody.page.wait_for_url("**/app/shops/index")

    def test_comes_first_wherever_a_stranger_goes(self, device: Devices) -> None:
        somebody = device()
        somebody.open("/settings")
        log_in(somebody, "customer")
        somebody.page.wait_for_url("**/app/settings/index")

    def test_is_asked_for_again_when_the_token_has_ended(self, device: Devices) -> None:
        somebody = device("customer")
        somebody.open("shops/index")
        somebody.is_live()
        somebody.page.evaluate(
            """() => {
              const kept = JSON.parse(localStorage.getItem("paidan:session"));
              localStorage.setItem("paidan:session", JSON.stringify({ ...kept, token: "ended" }));
            }"""
        )
        somebody.page.reload()
        somebody.page.wait_for_url("**/app/login/index?next=*")
        log_in(somebody, "customer")
        somebody.page.wait_for_url("**/app/shops/index")


class TestDoors:
    def test_show_ones_own_orders_as_they_stand(self, device: Devices) -> None:
        customer = device("customer", viewport=PHONE)
        order = str(Api(customer.installation, "customer").place_order()["id"])
        customer.open("")
        card = customer.page.locator(f'[data-order="{order}"]')
        expect(card.locator("[data-state]")).to_have_attribute("data-state", "placed")
        card.click()
        customer.sees_state("placed")
        customer.deed("cancel")
        customer.confirm()
        customer.sees_state("cancelled")
        customer.page.go_back()
        expect(card.locator("[data-state]")).to_have_attribute("data-state", "cancelled")


class TestNothing:
    @pytest.mark.parametrize(
        "address", ["/nowhere", f"/orders/{NOBODYS}", f"/shops/{NOBODYS}", "/app/no/such"]
    )
    def test_is_drawn(self, device: Devices, address: str) -> None:
        somebody = device("customer")
        somebody.open(address)
        shown = somebody.page.locator("main .empty")
        expect(shown).to_contain_text(words_in("zh-CN")["not_found"]["title"])
        shown.locator("[data-deed=home]").click()
        expect(somebody.page.locator("[data-deed=shops]")).to_be_visible()


class TestText:
    def test_can_be_marked(self, device: Devices) -> None:
        page = device("customer").open("")
        page.locator(".door").first.wait_for()
        style = "getComputedStyle(document.querySelector('main h2')).userSelect"
        assert page.evaluate(style) in {"text", "auto"}


class TestMenu:
    def test_of_a_phone_holds_language_and_way_out(self, device: Devices) -> None:
        somebody = device("customer", viewport=PHONE)
        somebody.open("")
        expect(somebody.page.locator("[data-deed=leave]")).to_be_hidden()
        somebody.deed("frame-menu")
        somebody.deed("language")
        expect(somebody.page.locator("html")).to_have_attribute("lang", "en")
