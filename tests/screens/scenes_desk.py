"""Scenes of the operators' console: zones, ladders, templates, notices and what did not arrive."""

from typing import Final

from playwright.sync_api import expect

from tests.screens.devices import Device
from tests.screens.stage import NOBODY, Scene, Stage, opened


KIND: Final = "no_courier"


def _accepted(stage: Stage) -> str:
    """Let the shop accept an order of somebody without a device; return its id."""
    order = stage.order(fulfilment="pickup", note="不要葱")
    stage.api("staff").post(f"/orders/{order['id']}/accept")
    return str(order["id"])


def desk_order(stage: Stage) -> Device:
    order = _accepted(stage)
    return opened(stage, "operator", f"operator/index?order={order}", "[data-part=notices] a")


def desk_shop(stage: Stage) -> Device:
    order = _accepted(stage)
    device = opened(stage, "operator", f"operator/index?order={order}", "[data-part=notices] a")
    device.deed("shop")
    expect(device.page.locator(f'[data-shop="{stage.merchant}"]')).to_be_visible()
    return device


def zone(stage: Stage) -> Device:
    return opened(stage, "operator", f"operator/zone?id={stage.town['zone']}", "[data-deed=save]")


def zone_wrong(stage: Stage) -> Device:
    device = zone(stage)
    device.page.fill("[name=offer_seconds]", "5")
    device.deed("save")
    expect(device.page.locator(".field-error").first).to_be_visible()
    return device


def zone_plan(stage: Stage) -> Device:
    there = stage.elsewhere()
    operator, zone = there.api("operator"), there.town["zone"]
    operator.post(f"/zones/{zone}/configure", matching="optimise", reason="午高峰")
    here = {name: there.town[name] for name in ("latitude", "longitude")}
    there.api("courier").post("/couriers/me/go-online", vehicle="scooter", **here)
    order = there.order()
    there.api("staff").post(f"/orders/{order['id']}/accept")
    return opened(there, "operator", f"operator/zone?id={zone}", "[data-courier] [data-leg]")


def ladders(stage: Stage) -> Device:
    device = opened(stage, "operator", "operator/ladders", "[name=scope]")
    device.page.select_option("[name=scope]", KIND)
    expect(device.page.locator("[data-part=preview] [data-what]")).to_have_count(7)
    return device


def ladders_wrong(stage: Stage) -> Device:
    device = ladders(stage)
    device.page.locator("[data-part=step]").nth(3).locator("[name=after_seconds]").fill("45")
    expect(device.page.locator("[data-part=step-wrong]").first).to_be_visible()
    return device


def templates(stage: Stage) -> Device:
    return opened(stage, "operator", "operator/templates", "[data-template]")


def dead_letters(stage: Stage) -> Device:
    order = _accepted(stage)
    device = opened(stage, "operator", "operator/dead-letters", "[name=with_deviceless]")
    device.page.check("[name=with_deviceless]", force=True)
    expect(device.page.locator(f'[data-of="{order}"][data-state=dead]').first).to_be_visible()
    return device


def notices(stage: Stage) -> Device:
    screen = f"operator/notices?query={_accepted(stage)}"
    return opened(stage, "operator", screen, "[data-notice]")


def notices_unfound(stage: Stage) -> Device:
    return opened(stage, "operator", f"operator/notices?query={NOBODY}", ".empty")


def notice(stage: Stage) -> Device:
    device = notices(stage)
    device.page.locator("[data-notice] a").first.click()
    expect(device.page.locator("[data-part=steps] [data-delivery]").first).to_be_visible()
    return device


SCENES: Final[tuple[Scene, ...]] = (
    desk_order,
    desk_shop,
    zone,
    zone_wrong,
    zone_plan,
    ladders,
    ladders_wrong,
    templates,
    dead_letters,
    notices,
    notices_unfound,
    notice,
)
