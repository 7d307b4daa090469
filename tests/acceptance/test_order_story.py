"""An order from checkout to doorstep, on four screens of four people, in a real browser."""

from pathlib import Path

from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE, TABLET, Device
from tests.acceptance.seed import PEOPLE


WHO_ACCEPTS = PEOPLE["staff"][0]


class TestDelivery:
    def test_travels_from_checkout_to_doorstep(self, device: Devices, pictures: Path) -> None:
        customer = device("customer", viewport=PHONE)
        boards = [device("staff"), device("helper", viewport=TABLET)]
        courier = device("courier", viewport=PHONE)
        for board in boards:
            board.open_board()
        _go_online(courier)

        order = customer.place_order()
        watcher = device(viewport=PHONE)
        watcher.page.goto(customer.share())
        _accept_on_the_first(boards, order, customer)
        _take_the_offer(courier, pictures)
        _prepare(boards, order, customer)
        boards[1].page.screenshot(path=pictures / "board-busy.png")
        number = boards[0].page.locator(f'[data-order="{order}"] .order-number').first
        courier.deed("pick_up")
        courier.confirm(number=number.inner_text().removeprefix("#"))
        for name, screen in {"tracking": customer, "shared": watcher}.items():
            screen.sees_state("handed_over")
            expect(screen.page.locator(".mark.courier")).to_have_count(1)
            screen.page.screenshot(path=pictures / f"{name}.png", full_page=True)
        customer.sees_rule("left")
        courier.page.screenshot(path=pictures / "job.png", full_page=True)

        courier.deed("arrive_dropoff")
        courier.deed("deliver")
        courier.confirm(pin=customer.page.locator("[data-code]").inner_text())
        for screen in (customer, watcher):
            screen.sees_state("completed")
        for board in boards:
            done = board.page.locator(f'[data-lane="completed"] [data-order="{order}"]')
            expect(done).to_have_count(1)
        expect(courier.page.locator("[data-leg]")).to_have_count(0)
        _go_offline(courier)


def _go_online(courier: Device) -> None:
    courier.open("/courier")
    courier.page.click("#go-online")
    expect(courier.page.locator("#shift-state")).to_have_attribute("data-state", "online")


def _go_offline(courier: Device) -> None:
    courier.page.click("#go-offline")
    expect(courier.page.locator("#shift-state")).to_have_attribute("data-state", "offline")


def _accept_on_the_first(boards: list[Device], order: str, customer: Device) -> None:
    """Both boards ring; one accepts; both are silent, and the other says who it was."""
    customer.sees_rule("free")
    for board in boards:
        expect(board.rings).to_have_count(1)
        board.page.wait_for_function("window.notes > 0")
    boards[0].deed("accept", of=order)
    for board in boards:
        expect(board.rings).to_have_count(0)
    decider = boards[1].page.locator(f'[data-order="{order}"] .decider')
    expect(decider).to_contain_text(WHO_ACCEPTS)
    customer.sees_rule("minute")


def _take_the_offer(courier: Device, pictures: Path) -> None:
    expect(courier.rings).to_have_count(1)
    courier.page.screenshot(path=pictures / "offer.png")
    courier.deed("accept")
    expect(courier.rings).to_have_count(0)
    courier.deed("arrive_pickup")


def _prepare(boards: list[Device], order: str, customer: Device) -> None:
    """The customer asks to hurry, the first board answers, the second says it is ready."""
    boards[0].deed("start", of=order)
    customer.deed("nudge")
    boards[0].deed("reply_nudge", of=order)
    boards[0].confirm()
    expect(customer.page.locator(".note.info")).to_contain_text("马上就好")
    boards[1].deed("mark_ready", of=order)


class TestPickUp:
    def test_is_paid_on_line_and_handed_over_for_its_code(self, device: Devices) -> None:
        customer, board = device("customer", viewport=PHONE), device("staff")
        board.open_board()
        order = customer.place_order(fulfilment="pickup", payment="online")
        customer.sees_state("pending_payment")
        with customer.context.expect_page() as till:
            customer.deed("pay")
        till.value.click("button[value=succeeded]")
        customer.sees_state("placed")

        for deed in ("accept", "start", "mark_ready"):
            board.deed(deed, of=order)
        board.deed("hand_over", of=order)
        board.confirm(code=customer.page.locator("[data-code]").inner_text())
        customer.sees_state("completed")
