"""Every screen in both languages and schemes, on a phone and a desktop, empty, waiting and failed.

Pictures stay in the folder that `PAIDAN_PICTURES` names, else in pytest's own.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.screens import scenes_desk, scenes_inbox, scenes_riding
from tests.screens.devices import Device
from tests.screens.installation import Installation
from tests.screens.looks import Looks
from tests.screens.stage import NOBODY, Scene, Stage, opened


API: Final = re.compile(r"/api/v1/(?!sessions|client|realtime)")


def login(stage: Stage) -> Device:
    return opened(stage, None, "login/index", "[name=phone]")


def login_refused(stage: Stage) -> Device:
    device = login(stage)
    device.page.fill("[name=phone]", "13800000001")
    device.page.fill("[name=password]", "wrong")
    device.deed("enter")
    expect(device.page.locator("main [role=alert]")).to_be_visible()
    return device


def doors(stage: Stage) -> Device:
    return opened(stage, "staff", "doors/index", ".door")


def shops(stage: Stage) -> Device:
    return opened(stage, "customer", "shops/index", ".shop-door")


def shops_waiting(stage: Stage) -> Device:
    device = stage.device("customer")
    device.page.route(API, lambda _route: None)
    return opened(stage, "customer", "shops/index", ".skeleton")


def shops_failed(stage: Stage) -> Device:
    device = stage.device("customer")
    device.page.route(API, lambda route: route.fulfill(status=503, json={"code": "unavailable"}))
    return opened(stage, "customer", "shops/index", ".empty")


def storefront(stage: Stage) -> Device:
    device = opened(stage, "customer", f"shop/index?id={stage.merchant}", "[data-deed=more]")
    for position in (0, 1):
        device.page.locator("[data-deed=more]").nth(position).click()
    device.choose("delivery")
    device.page.fill("[name=address]", "南京东路 100 号 3 楼")
    expect(device.page.locator("[data-deed=place]:enabled")).to_be_visible()
    return device


def storefront_missing(stage: Stage) -> Device:
    return opened(stage, "customer", f"shop/index?id={NOBODY}", ".empty")


def order_placed(stage: Stage) -> Device:
    order = stage.order(note="少放辣椒")
    return opened(stage, "customer", f"order/index?id={order['id']}", "[data-state=placed]")


def order_on_its_way(stage: Stage) -> Device:
    order = stage.order()
    stage.api("staff").post(f"/orders/{order['id']}/accept")
    stage.api("staff").post(f"/orders/{order['id']}/start")
    return opened(stage, "customer", f"order/index?id={order['id']}", "[data-state=preparing]")


def order_cancelled(stage: Stage) -> Device:
    order = stage.order(fulfilment="pickup")
    stage.api("customer").post(f"/orders/{order['id']}/cancel", reason="changed_mind")
    return opened(stage, "customer", f"order/index?id={order['id']}", "[data-state=cancelled]")


def order_missing(stage: Stage) -> Device:
    return opened(stage, "customer", f"order/index?id={NOBODY}", ".empty")


def order_dialog(stage: Stage) -> Device:
    device = order_placed(stage)
    device.deed("cancel")
    expect(device.page.locator("dialog")).to_be_visible()
    return device


def board(stage: Stage) -> Device:
    """One order in each lane, and one that rings."""
    staff = stage.api("staff")
    for steps in ("", "accept", "accept start", "accept start ready"):
        order = stage.order(fulfilment="pickup", note="不要葱" if "start" in steps else "")
        for step in steps.split():
            staff.post(f"/orders/{order['id']}/{step}")
    stage.order(note="少放辣椒 多放香菜")
    return opened(stage, "staff", f"board/index?shop={stage.merchant}", "[data-lane=ready] .order")


def board_reject(stage: Stage) -> Device:
    device = board(stage)
    device.deed("reject")
    expect(device.page.locator("dialog")).to_be_visible()
    return device


def board_waiting(stage: Stage) -> Device:
    device = stage.device("helper")
    device.page.route_web_socket("**/ws/**", lambda _socket: None)
    return opened(stage, "helper", f"board/index?shop={stage.merchant}", ".skeleton")


def board_refused(stage: Stage) -> Device:
    return opened(stage, "courier", f"board/index?shop={stage.merchant}", ".empty")


def board_off_line(stage: Stage) -> Device:
    device = opened(stage, "staff", f"board/index?shop={stage.merchant}", ".lanes")
    device.is_live()
    device.context.set_offline(True)
    badge = device.page.locator(".freshness").first
    expect(badge).to_have_attribute("data-state", re.compile("offline|reconnecting"))
    return device


def courier_off_duty(stage: Stage) -> Device:
    return opened(stage, "courier", "courier/index", "[data-deed=go-online]")


def courier_idle(stage: Stage) -> Device:
    town = stage.installation.town
    here = {"latitude": town["latitude"] + 0.002, "longitude": town["longitude"]}
    stage.api("courier").post("/couriers/me/go-online", vehicle="scooter", **here)
    return opened(stage, "courier", "courier/index", "[data-deed=go-offline]")


def operator(stage: Stage) -> Device:
    stage.order()
    return opened(stage, "operator", "operator/index", "[data-order], .order-row, table tr")


def webhooks(stage: Stage) -> Device:
    return opened(stage, "operator", f"webhooks/index?shop={stage.merchant}", "main .card, .empty")


def campaigns(stage: Stage) -> Device:
    return opened(
        stage, "operator", f"campaigns/index?shop={stage.merchant}", "main .card, .empty"
    )


def share_expired(stage: Stage) -> Device:
    return opened(stage, None, f"share/index?token=none&order={NOBODY}", ".empty")


def no_demonstration(stage: Stage) -> Device:
    return opened(stage, None, "demo/index", ".empty")


def settings(stage: Stage) -> Device:
    return opened(stage, "customer", "settings/index", ".card")


SCENES: Final[tuple[Scene, ...]] = (
    login,
    login_refused,
    doors,
    shops,
    shops_waiting,
    shops_failed,
    storefront,
    storefront_missing,
    order_placed,
    order_on_its_way,
    order_cancelled,
    order_missing,
    order_dialog,
    board,
    board_reject,
    board_waiting,
    board_refused,
    board_off_line,
    courier_off_duty,
    courier_idle,
    operator,
    webhooks,
    campaigns,
    share_expired,
    no_demonstration,
    settings,
    *scenes_inbox.SCENES,
    *scenes_desk.SCENES,
    *scenes_riding.SCENES,
)


@pytest.fixture(scope="module")
def stage(browser: Browser, installation: Installation) -> Iterator[Stage]:
    installation.found_town()
    made = Stage(browser, installation)
    yield made
    made.close()


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the pictures."""
    named = os.environ.get("PAIDAN_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("looks")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_nothing_on_it_is_unfinished(stage: Stage, album: Path, scene: Scene) -> None:
    device = scene(stage)
    with ExitStack() as after:
        after.callback(device.context.set_offline, offline=False)
        after.callback(device.page.unroute_all)
        after.callback(device.page.emulate_media, media="screen")
        findings = Looks(device, scene.__name__.replace("_", "-"), album).look()
    assert not findings, "\n".join(findings)
