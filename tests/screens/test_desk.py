"""The operators' desk: what it shows of the whole, and what is done by hand, with a reason."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, ViewportSize, expect

from tests.screens.api import Api
from tests.screens.conftest import Devices
from tests.screens.devices import PHONE, Device
from tests.screens.installation import Installation
from tests.screens.seed import PEOPLE
from web.languages import LOCALES, words_in


WORDS = words_in("zh-CN")
WHY = "顾客来电"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
PINGED_MS = 120_000  # devices say how they are with every answer to a ping
SIZES: dict[str, ViewportSize] = {
    "phone": PHONE,
    "laptop": {"width": 1280, "height": 800},
    "wall": {"width": 1920, "height": 1080},
}


@pytest.fixture
def customer(device: Devices, installation: Installation) -> Api:
    return Api(installation, "customer")


@pytest.fixture
def staff(device: Devices, installation: Installation) -> Api:
    return Api(installation, "staff")


def opened(operator: Device, order: str) -> Locator:
    """Open the order on the desk; return its drawer."""
    page = operator.open(f"operator/index?order={order}")
    expect(page.locator(f'[data-opened="{order}"]')).to_be_visible()
    return page.locator(".drawer")


def fact(drawer: Locator, kind: str) -> Locator:
    """Return the timeline's last line of that kind."""
    return drawer.locator(f'[data-fact="{kind}"]').last


class TestByHand:
    def test_wants_a_reason_which_the_timeline_keeps(self, device: Devices, customer: Api) -> None:
        order = customer.place_order(fulfilment="pickup")["id"]
        operator = device("operator")
        drawer = opened(operator, order)
        operator.deed("hold")
        operator.confirm()
        expect(operator.page.locator("dialog .field-error")).to_have_text(WORDS["shell"]["needed"])
        operator.confirm(reason=WHY)
        held = fact(drawer, "order.held")
        expect(held).to_contain_text(PEOPLE["operator"][0])
        expect(held.locator("[data-why]")).to_contain_text(WHY)
        operator.deed("release")
        operator.confirm(reason="说清楚了")
        expect(fact(drawer, "order.released").locator("[data-why]")).to_contain_text("说清楚了")
        operator.deed("stop")
        operator.page.check("dialog input[value=fraud]", force=True)
        operator.confirm(note="同一张卡")
        ended = fact(drawer, "order.cancelled").locator("[data-why]")
        expect(ended).to_contain_text("同一张卡")
        expect(ended).to_contain_text(WORDS["reasons"]["fraud"])
        expect(drawer.locator("[data-deed=stop]")).to_have_count(0)

    def test_gives_a_leg_to_a_courier_who_is_chosen(
        self, device: Devices, installation: Installation, customer: Api, staff: Api
    ) -> None:
        courier = Api(installation, "courier")
        order = customer.place_order()["id"]
        operator = device("operator")
        place = customer.ask("GET", f"/orders/{order}")["merchant"]
        courier.post(
            "/couriers/me/go-online", latitude=place["latitude"], longitude=place["longitude"]
        )
        staff.post(f"/orders/{order}/accept")
        drawer = opened(operator, order)
        operator.deed("assign")
        operator.page.locator("dialog select[name=courier_id]").select_option(index=0)
        operator.confirm(reason=WHY)
        assigned = fact(drawer, "delivery.assigned").locator("[data-why]")
        expect(assigned).to_contain_text(WHY)
        expect(assigned).to_contain_text(PEOPLE["courier"][0])
        operator.deed("stop")
        operator.confirm(note=WHY)
        expect(fact(drawer, "delivery.cancelled")).to_be_visible()
        courier.post("/couriers/me/go-offline")

    def test_answers_for_the_shop_when_nobody_takes_an_order(
        self, device: Devices, installation: Installation, customer: Api, staff: Api
    ) -> None:
        order = customer.place_order()["id"]
        staff.post(f"/orders/{order}/accept")
        installation.run("tests.screens.age_searches")
        operator = device("operator")
        drawer = opened(operator, order)
        operator.deed("wait")
        operator.confirm(reason=WHY)
        expect(fact(drawer, "delivery.waited").locator("[data-why]")).to_contain_text(WHY)
        expect(drawer.locator("[data-deed=wait]")).to_have_count(0)
        operator.deed("propose_pickup")
        operator.confirm(reason=WHY)
        expect(fact(drawer, "order.pickup_proposed")).to_be_visible()
        customer.post(f"/orders/{order}/answer-pickup", agree=False)
        expect(drawer.locator("[data-deed=stop]")).to_have_count(0)


class TestShop:
    def test_is_paused_and_reopened_with_a_reason(
        self, device: Devices, installation: Installation, customer: Api
    ) -> None:
        order = customer.place_order(fulfilment="pickup")["id"]
        operator = device("operator")
        opened(operator, order)
        operator.deed("shop")
        drawer = operator.page.locator(".drawer")
        expect(drawer.locator(f'[data-shop="{installation.town["merchant"]}"]')).to_be_visible()
        operator.deed("pause")
        operator.confirm(reason="停电")
        expect(fact(drawer, "store.paused").locator("[data-why]")).to_contain_text("停电")
        drawer.locator("[data-deed=resume]").click()
        operator.confirm(reason="来电了")
        resumed = drawer.locator('[data-fact="store.resumed"]').first
        expect(resumed.locator("[data-why]")).to_contain_text("来电了")
        expect(resumed).to_contain_text(PEOPLE["operator"][0])
        expect(drawer.locator("[data-deed=pause]")).to_be_visible()

    def test_that_nobody_would_hear_is_reopened_from_the_list(
        self, device: Devices, installation: Installation
    ) -> None:
        operator, merchant = device("operator"), installation.town["merchant"]
        page = operator.open("operator/index")
        installation.run("tests.screens.lose_board")
        resting = page.locator(f'[data-resting="{merchant}"]')
        expect(resting.locator('[data-cause="no_board"]')).to_be_visible()
        resting.locator("[data-deed=resume]").click()
        operator.confirm(reason="有人了")
        expect(resting).to_have_count(0)


class TestWhole:
    def test_says_who_takes_care_of_an_alarm(
        self, device: Devices, installation: Installation, customer: Api, staff: Api
    ) -> None:
        operator = device("operator")
        operator.open("operator/index")
        operator.is_live()
        order = customer.place_order()["id"]
        staff.post(f"/orders/{order}/accept")
        for _ in range(2):
            installation.run("tests.screens.age_searches")
        alarm = operator.page.locator(
            f'[data-alarm="operator_alarm"][data-subject="order:{order}"]'
        )
        alarm.locator("[data-deed=take_care]").click()
        expect(alarm).to_have_count(0)
        attended = operator.page.locator(f'[data-attended="{order}"]')
        expect(attended).to_have_text(PEOPLE["operator"][0])
        staff.post(f"/orders/{order}/stop", reason="no_courier")
        expect(attended).to_have_count(0)

    def test_is_searched_and_closed_from_the_keyboard(
        self, device: Devices, customer: Api
    ) -> None:
        order = customer.place_order(fulfilment="pickup")
        operator = device("operator")
        page = operator.open("operator/index")
        expect(page.locator("[name=query]")).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type(order["id"])
        expect(page.locator("[data-part=orders] [data-order]")).to_have_count(1)
        page.locator(f'[data-order="{order["id"]}"]').press("Enter")
        expect(page.locator(f'[data-opened="{order["id"]}"]')).to_be_visible()
        assert page.url.endswith(f"?order={order['id']}")
        page.keyboard.press("Escape")
        expect(page.locator(".drawer")).to_have_count(0)
        expect(page.locator(f'[data-order="{order["id"]}"]')).to_be_focused()

    def test_shows_how_alerts_and_their_senders_fare(self, device: Devices, customer: Api) -> None:
        customer.place_order(fulfilment="pickup")
        page = device("operator").open("operator/index")
        expect(page.locator('[data-card=funnel] [data-step="made"] b')).not_to_have_text("0")
        expect(page.locator('[data-card=queues] [data-queue="push"]')).to_be_visible()
        expect(page.locator("[data-card=circuits]")).to_contain_text(
            WORDS["operator"]["none_shut"]
        )
        for figure in ("p50", "p95", "lost", "twice"):
            expect(page.locator(f'[data-counter="{figure}"] dd')).not_to_be_empty()

    @pytest.mark.parametrize("locale", LOCALES)
    def test_fits_every_screen(
        self, device: Devices, pictures: Path, locale: str, customer: Api
    ) -> None:
        order = customer.place_order()["id"]
        for scheme in ("light", "dark"):
            operator = device("operator", locale=locale, scheme=scheme)
            for name in (f"operator/index?order={order}", "operator/index"):
                page = operator.open(name)
                expect(page.locator("[data-part=orders] tbody tr").first).to_be_visible()
                for size, wanted in SIZES.items():
                    page.set_viewport_size(wanted)
                    kind = "order" if "?" in name else "desk"
                    page.screenshot(path=pictures / f"{kind}-{locale}-{scheme}-{size}.png")
                    assert page.evaluate(OVERFLOW) <= 0, size


class TestHealth:
    def test_of_a_board_reaches_the_operators(self, device: Devices) -> None:
        board, operator = device("staff"), device("operator")
        merchant = board.installation.town["merchant"]
        # Not looked at: what asks the page for anything may count as a touch, which lets it sound.
        board.open(f"board/index?shop={merchant}")
        page = operator.open("operator/index")
        muted = page.locator(f'[data-board="{merchant}"]', has_text=WORDS["complaints"]["muted"])
        expect(muted).to_be_visible(timeout=PINGED_MS)
        board.deed("enable-sound")
        expect(muted).to_have_count(0, timeout=PINGED_MS)
