"""Scenes of what people are told: the bell's panel, all notices, and the end of campaigns."""

from typing import Final

from playwright.sync_api import expect

from tests.screens.devices import Device
from tests.screens.stage import Scene, Stage, opened


ASKED: Final = "**/api/v1/inbox?*"


def inbox_empty(stage: Stage) -> Device:
    device = opened(stage, "operator", "doors/index", ".door")
    device.deed("inbox")
    expect(device.page.locator(".inbox")).to_be_visible()
    return device


def inbox(stage: Stage) -> Device:
    stage.order(note="少放辣椒 多放香菜")
    device = opened(stage, "staff", "doors/index", ".bell-count")
    device.deed("inbox")
    expect(device.page.locator(".inbox-item").first).to_be_visible()
    return device


def notices_of_mine(stage: Stage) -> Device:
    """What was done, what waits and what has ended, on more than one page."""
    staff, customer = stage.api("staff"), stage.api("customer")
    orders = [stage.order(fulfilment="pickup", note="少放辣椒 多放香菜") for _ in range(4)]
    staff.post(f"/orders/{orders[0]['id']}/accept")
    customer.post(f"/orders/{orders[1]['id']}/cancel", reason="changed_mind")
    device = stage.device("staff")
    device.page.route(
        ASKED, lambda route: route.continue_(url=route.request.url.replace("limit=30", "limit=4"))
    )
    return opened(stage, "staff", "inbox/index", "[data-deed=older]")


def notices_none(stage: Stage) -> Device:
    return opened(stage.elsewhere(), "customer", "inbox/index", ".empty")


def notices_awaited(stage: Stage) -> Device:
    stage.device("customer").page.route(ASKED, lambda _route: None)
    return opened(stage, "customer", "inbox/index", ".skeleton")


def notices_failed(stage: Stage) -> Device:
    device = stage.elsewhere().device("customer")
    device.page.route(ASKED, lambda route: route.fulfill(status=503, json={"code": "unavailable"}))
    device.open("inbox/index")
    expect(device.page.locator(".empty.alert")).to_be_visible()
    return device


def unsubscribe(stage: Stage) -> Device:
    link = stage.installation.run("tests.screens.give_unsubscribe_link").strip()
    return opened(stage, None, link, "[data-stage=ask]")


def unsubscribed(stage: Stage) -> Device:
    device = unsubscribe(stage)
    device.deed("this")
    expect(device.page.locator("[data-stage=done]")).to_be_visible()
    return device


def unsubscribe_wrong(stage: Stage) -> Device:
    return opened(stage, None, "unsubscribe/index", "[data-stage=wrong]")


SCENES: Final[tuple[Scene, ...]] = (
    inbox_empty,
    inbox,
    notices_of_mine,
    notices_none,
    notices_awaited,
    notices_failed,
    unsubscribe,
    unsubscribed,
    unsubscribe_wrong,
)
