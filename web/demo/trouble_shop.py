"""Troubles at the shop: many orders at once, nobody awake, and a dish that is gone."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Final

from web.demo.device import Device
from web.demo.journal import HEALED, Run
from web.demo.outside import Refused
from web.demo.stage import Placed, Stage, real_now


RUSH: Final = 5
LOOK_REAL_SECONDS: Final = 0.5
SOLD_OUT_REAL_SECONDS: Final = 10.0


async def rush(stage: Stage, run: Run) -> None:
    """Let five customers order at once, and wait until each has an answer."""
    placed = await asyncio.gather(*(stage.order(payment_method="cash") for _ in range(RUSH)))
    numbers = sorted(order.number for order in placed)
    run.say("ordered", n=len(numbers), first=numbers[0], last=numbers[-1])
    ids = {order.id for order in placed}
    for device in stage.shop.devices:
        await stage.until(partial(_shows_all, stage, device, ids))
    run.say("on_boards", n=len(ids))
    await stage.until(lambda: all(order.state not in {"", "placed"} for order in placed))
    accepted = sum(order.state != "cancelled" for order in placed)
    run.say(HEALED, accepted=accepted, closed=len(placed) - accepted)


def _shows_all(stage: Stage, device: Device, ids: set[str]) -> bool:
    rows = device.client.views[stage.shop.topic].rows
    return all(f"order:{order_id}" in rows for order_id in ids)


async def asleep(stage: Stage, run: Run) -> None:
    """Let an order come while nobody answers; it climbs from push to text to call, then ends."""
    since = real_now()
    stage.shop.is_awake.clear()
    try:
        order = await stage.order(payment_method="cash")
        run.say("ordered", number=order.number)
        await _watch_alarms(stage, run, order, since)
    finally:
        stage.shop.is_awake.set()
    if order.state == "cancelled":
        run.say(HEALED, number=order.number, reason=order.view["cancel"]["reason"])
    else:
        run.say("woken", number=order.number)
        run.say(HEALED, number=order.number, reason="accepted")


async def _watch_alarms(stage: Stage, run: Run, order: Placed, since: datetime) -> None:
    names = {device.login.name for device in stage.shop.devices}
    said: set[str] = set()
    while order.state in {"", "placed"}:
        for kind in sorted(await stage.told(names, since) - said):
            said.add(kind)
            run.say(f"told_by_{kind}", number=order.number)
        await asyncio.sleep(LOOK_REAL_SECONDS)


async def sold_out(stage: Stage, run: Run) -> None:
    """Take a dish off the menu under the eyes of a customer, and bring it back."""
    clerk = stage.shop.devices[1]
    item = stage.shop.shop.item_ids[-1]
    await clerk.api.post(f"/items/{item}/sold-out")
    run.say("gone")
    try:
        customer = stage.simulation.customers[0].device
        wish = {
            "merchant_id": stage.shop.shop.id,
            "fulfilment": "pickup",
            "lines": [{"item_id": item, "quantity": 1}],
            "dropoff": None,
        }
        try:
            await customer.api.post("/quotes", wish)
            run.say("still_sold")
        except Refused as refusal:
            run.say("refused", code=refusal.code)
        await asyncio.sleep(SOLD_OUT_REAL_SECONDS)
    finally:
        await clerk.api.post(f"/items/{item}/restore")
    await customer.api.post("/quotes", wish)
    run.say(HEALED)
