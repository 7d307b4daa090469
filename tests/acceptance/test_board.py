"""The order board when things go wrong: no network, a cancelled order, a busy kitchen."""

import re

from playwright.sync_api import expect

from tests.acceptance.conftest import Devices
from tests.acceptance.devices import PHONE, TABLET


class TestNetwork:
    def test_catches_up_after_a_cut_and_says_so(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE)
        board.open_board()
        badge = board.page.locator("#freshness")
        board.context.set_offline(True)
        expect(badge).to_have_attribute("data-state", "reconnecting")
        order = customer.place_order(fulfilment="pickup")
        expect(board.page.locator(f'[data-order="{order}"]')).to_have_count(0)

        board.context.set_offline(False)
        expect(board.page.locator(f'[data-order="{order}"]')).to_have_count(1)
        expect(badge).to_have_attribute("data-state", "live")
        expect(badge).to_have_attribute("data-replayed", re.compile("[1-9]"))
        expect(board.rings).to_have_count(1)
        board.deed("reject", of=order)
        board.confirm()
        customer.sees_state("cancelled")


class TestSound:
    def test_stops_on_every_device_when_one_acknowledges(self, device: Devices) -> None:
        board, other = device("staff"), device("helper", viewport=TABLET)
        customer = device("customer", viewport=PHONE)
        board.open_board()
        other.open_board()
        order = customer.place_order(fulfilment="pickup")
        expect(other.rings).to_have_count(1)
        board.page.keyboard.press("Space")
        for silent in (board, other):
            expect(silent.rings).to_have_count(0)
        expect(other.page.locator(f'[data-order="{order}"]')).to_have_attribute(
            "data-state", "placed"
        )
        customer.deed("cancel")
        customer.confirm()
        customer.sees_state("cancelled")


class TestStopCard:
    def test_stays_and_rings_until_the_kitchen_says_it_stopped(self, device: Devices) -> None:
        board, customer = device("staff", viewport=PHONE), device("customer", viewport=PHONE)
        board.open_board()
        order = customer.place_order(fulfilment="pickup")
        board.deed("accept", of=order)
        customer.sees_rule("minute")
        customer.deed("cancel")
        customer.confirm()

        card = board.page.locator(f'[data-order="{order}"].stopped')
        expect(card).to_have_count(1)
        expect(board.rings).to_have_count(1)
        board.deed("stopped", of=order)
        expect(board.rings).to_have_count(0)
        expect(card).to_have_count(0)


class TestNobodyDelivers:
    def test_asks_the_shop_which_then_delivers_itself(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE)
        board.open_board()
        order = customer.place_order()
        for step in ("accept", "start", "mark_ready"):
            board.deed(step, of=order)
        customer.sees_state("ready")
        board.installation.run("tests.acceptance.age_searches")
        question = board.page.locator(f'[data-order="{order}"] [data-question="no_courier"]')
        expect(board.rings).to_have_count(1)
        expect(board.page.locator(f'[data-order="{order}"] .due')).to_have_attribute(
            "data-due", "leg.alarm"
        )
        board.deed("wait", of=order)
        board.confirm()
        expect(board.rings).to_have_count(0)
        expect(question).to_have_count(0)
        expect(board.page.locator('[data-question="waiting"]')).to_have_count(1)
        board.installation.run("tests.acceptance.end_waits")
        board.deed("self_deliver", of=order)
        expect(board.page.locator("dialog [name=carrier]")).to_have_count(2)
        board.confirm()
        board.deed("hand_over", of=order)
        board.deed("deliver", of=order)
        board.confirm(pin=customer.page.locator("[data-code]").inner_text())
        customer.sees_state("completed")

    def test_asks_the_customer_to_collect_it(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE)
        board.open_board()
        order = customer.place_order()
        board.deed("accept", of=order)
        board.installation.run("tests.acceptance.age_searches")
        board.deed("propose_pickup", of=order)
        board.confirm()
        expect(board.page.locator('[data-question="pickup_asked"] .countdown')).to_have_count(1)
        expect(customer.page.locator("[data-question=pickup] .ring")).to_have_count(1)
        customer.deed("come")
        expect(customer.page.locator("[data-question=pickup]")).to_have_count(0)
        expect(customer.page.locator(".map")).to_be_hidden()
        expect(board.page.locator("[data-question]")).to_have_count(0)
        board.deed("mark_ready", of=order)
        board.deed("hand_over", of=order)
        board.confirm(code=customer.page.locator("[data-code]").inner_text())
        customer.sees_state("completed")

    def test_gives_the_money_back_who_would_not_come(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE, locale="en")
        board.open_board()
        order = customer.place_order()
        board.deed("accept", of=order)
        board.installation.run("tests.acceptance.age_searches")
        board.deed("propose_pickup", of=order)
        board.confirm()
        customer.deed("refund")
        customer.sees_state("cancelled")
        board.deed("stopped", of=order)

    def test_lets_the_customer_collect_it(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE)
        board.open_board()
        order = customer.place_order()
        for step in ("accept", "start", "mark_ready"):
            board.deed(step, of=order)
        customer.deed("collect")
        customer.confirm()
        expect(customer.page.locator(".map")).to_be_hidden()
        board.deed("hand_over", of=order)
        board.confirm(code=customer.page.locator("[data-code]").inner_text())
        customer.sees_state("completed")


class TestShop:
    def test_pauses_and_takes_an_item_off_the_menu(self, device: Devices) -> None:
        board, customer = device("staff"), device("customer", viewport=PHONE)
        board.open_board()
        board.deed("pause")
        board.confirm()
        expect(board.page.locator('#store [data-deed="resume"]')).to_have_count(1)
        merchant, last = board.installation.town["merchant"], board.installation.town["items"][-1]
        board.page.click("#open-menu")
        board.deed(last)
        expect(board.page.locator("dialog .badge.alert")).to_have_count(1)
        customer.open(f"/shops/{merchant}")
        expect(customer.page.locator(".sold-out")).to_have_count(1)
        expect(customer.page.locator("[data-deed=more]")).to_have_count(0)
        board.deed(last)
        board.page.locator("dialog button.main").click()
        board.deed("resume")
        expect(board.page.locator('#store [data-deed="pause"]')).to_have_count(1)
