"""Scenes of a delivery, each in a town of its own: courier, board, tracking, papers, proof."""

from typing import Any, Final

from playwright.sync_api import expect

from tests.screens.board import can_print, printed
from tests.screens.devices import Device
from tests.screens.stage import Scene, Stage, opened


LONG_SECONDS: Final = 120
"""An offer outlives the pictures of it."""
STEPS: Final = ("accept", "start", "ready")


class Ride:
    """A courier on line in another town, and one order there."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage.elsewhere()
        self.courier, self.staff = self.stage.api("courier"), self.stage.api("staff")
        operator, zone = self.stage.api("operator"), self.stage.town["zone"]
        operator.post(f"/zones/{zone}/configure", offer_seconds=LONG_SECONDS)
        kinds = {"cash": ["pin", "qr", "photo", "signature"]}
        operator.post(f"/zones/{zone}/proof-policy", kinds=kinds, reason="测试")
        self.go_online()
        self.order = self.stage.order(note="到门口请打电话")

    def go_online(self) -> None:
        self.courier.post("/couriers/me/go-online", vehicle="scooter", **self.near())

    def near(self, metres_share: float = 0.0) -> dict[str, float]:
        """Return a place on the way from the shop to the door."""
        town = self.stage.town
        return {
            "latitude": town["latitude"] + 0.004 * metres_share,
            "longitude": town["longitude"] + 0.003 * metres_share,
        }

    def cook(self) -> None:
        for step in STEPS:
            self.staff.post(f"/orders/{self.order['id']}/{step}")

    def offered(self) -> Device:
        """Let the courier be asked, on their screen."""
        self.staff.post(f"/orders/{self.order['id']}/accept")
        return opened(self.stage, "courier", "courier/index", "[data-offer]")

    def take(self) -> str:
        """Let the courier take it; return the leg's id."""
        device = self.offered()
        device.deed("accept")
        expect(device.page.locator("[data-leg]")).to_have_count(1)
        return str(self.told()["leg"]["id"])

    def carry(self) -> str:
        """Let the courier be a third of the way to the door; return the leg's id.

        No further: it may come within a second, in which nobody gets half the way.
        """
        leg = self.take()
        for step in STEPS[1:]:
            self.staff.post(f"/orders/{self.order['id']}/{step}")
        self.courier.post(f"/legs/{leg}/arrive-pickup")
        self.courier.post(f"/legs/{leg}/pick-up", number=self.order["number"])
        self.courier.post("/couriers/me/report-position", **self.near(1 / 3))
        return leg

    def told(self) -> dict[str, Any]:
        """The order as its customer sees it."""
        return self.stage.api("customer").ask("GET", f"/orders/{self.order['id']}")


def courier_offer(stage: Stage) -> Device:
    return Ride(stage).offered()


def courier_job(stage: Stage) -> Device:
    ride = Ride(stage)
    ride.take()
    return ride.stage.device("courier")


def courier_proof(stage: Stage) -> Device:
    ride = Ride(stage)
    leg = ride.carry()
    ride.courier.post(f"/legs/{leg}/arrive-dropoff")
    device = ride.stage.device("courier")
    expect(device.page.locator("[data-leg]")).to_have_attribute("data-state", "at_dropoff")
    device.deed("deliver")
    expect(device.page.locator("dialog")).to_be_visible()
    return device


def courier_in_the_tunnel(stage: Stage) -> Device:
    ride = Ride(stage)
    ride.take()
    device = ride.stage.device("courier")
    device.context.set_offline(True)
    device.page.locator('[data-leg] [data-deed="arrive_pickup"]').press("Enter")
    expect(device.page.locator(".waiting-steps [data-waiting]")).to_be_visible()
    return device


def tracking(stage: Stage) -> Device:
    """The courier is on the map."""
    ride = Ride(stage)
    ride.carry()
    screen = f"order/index?id={ride.order['id']}"
    device = opened(ride.stage, "customer", screen, "h2[data-state]")
    expect(device.page.locator(".map")).to_be_visible()
    return device


def shared(stage: Stage) -> Device:
    ride = Ride(stage)
    ride.carry()
    share = ride.stage.api("customer").post(f"/orders/{ride.order['id']}/share")
    device = opened(ride.stage, None, f"/t/{share['token']}", "h2[data-state]")
    expect(device.page.locator(".map")).to_be_visible()
    return device


def board_full(stage: Stage) -> Device:
    """Orders in every lane."""
    ride = Ride(stage)
    ride.carry()
    there, customer = ride.stage, ride.stage.api("customer")
    for steps in ("", *(" ".join(STEPS[:count]) for count in (1, 2, 3)), "reject"):
        order = there.order(fulfilment="pickup", note="少放辣椒 多放香菜" if not steps else "")
        for step in steps.split():
            said = {"reason": "too_busy"} if step == "reject" else {}
            ride.staff.post(f"/orders/{order['id']}/{step}", **said)
    done = there.order(fulfilment="pickup")
    for step in STEPS:
        ride.staff.post(f"/orders/{done['id']}/{step}")
    code = customer.ask("GET", f"/orders/{done['id']}")["handover_code"]
    ride.staff.post(f"/orders/{done['id']}/hand-over", code=code)
    there.order()
    screen = f"board/index?shop={there.merchant}"
    device = opened(there, "staff", screen, "[data-lane=handed_over] .order")
    expect(device.page.locator("[data-lane=completed] .order")).to_have_count(1)
    return device


def board_ended(stage: Stage) -> Device:
    """The lane of what is done is opened."""
    device = board_full(stage)
    device.deed("lane-completed")
    expect(device.page.locator("[data-lane=completed] .order")).to_be_visible()
    return device


def _printed(stage: Stage, times: int, mark: str) -> Device:
    """Print an order's ticket so many times, and show the last one as paper."""
    there = stage.elsewhere()
    order = there.order(fulfilment="pickup", note="少辣 不要香菜")
    there.api("staff").post(f"/orders/{order['id']}/accept")
    device = there.device("staff")
    can_print(device)
    opened(there, "staff", f"board/index?shop={there.merchant}", f'[data-order="{order["id"]}"]')
    device.is_live()
    for _ in range(times):
        device.deed("print", of=order["id"])
    printed(device, times, mark)
    device.page.emulate_media(media="print")
    return device


def ticket_changed(stage: Stage) -> Device:
    """The kitchen has one; then a dish is out, and there is less of it."""
    device = _printed(stage, 1, "first")
    device.page.emulate_media(media="screen")
    order = device.page.locator("[data-order]").first
    device.deed("propose_adjustment", of=str(order.get_attribute("data-order")))
    device.page.locator("dialog li button").first.click()
    device.choose("adjust")
    device.confirm()
    order.locator(".badge.alert").wait_for()
    device.deed("print", of=str(order.get_attribute("data-order")))
    printed(device, 2, "changed")
    device.page.emulate_media(media="print")
    return device


def ticket(stage: Stage) -> Device:
    return _printed(stage, 1, "first")


def ticket_again(stage: Stage) -> Device:
    return _printed(stage, 2, "reprint")


SCENES: Final[tuple[Scene, ...]] = (
    courier_offer,
    courier_job,
    courier_proof,
    courier_in_the_tunnel,
    tracking,
    shared,
    board_full,
    board_ended,
    ticket,
    ticket_again,
    ticket_changed,
)
