"""Troubles on the road: two couriers tap at once, and one is never heard of again."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from realtime.client_terms import Refused
from web.demo.courier_player import CourierPlayer
from web.demo.journal import HEALED, Run
from web.demo.stage import Placed, Stage


ASKED: Final = 2
BEFORE_PICKUP: Final = frozenset({"assigned", "at_pickup"})
REASON: Final = "the demonstration: two couriers"


async def two_couriers(stage: Stage, run: Run) -> None:
    """Ask several couriers for one leg, and let two of them tap in the same instant."""
    zone = f"/zones/{stage.simulation.world.city.zone_id}"
    before = (await stage.operator.get(f"{zone}/dispatch"))["settings"]
    kept = {name: before[name] for name in ("matching", "offer_mode")}
    wide = {"matching": "greedy", "offer_mode": "board", "reason": REASON}
    await stage.operator.post(f"{zone}/configure", wide)
    try:
        order = await stage.order(payment_method="cash")
        stage.simulation.world.aside.add(order.id)
        await stage.shop.devices[0].api.post(f"/orders/{order.id}/accept")
        await stage.until(lambda: len(_offers(stage, order)) >= ASKED)
        offers = _offers(stage, order)
        run.say("asked", n=len(offers), number=order.number)
        pairs = list(offers.items())[:ASKED]
        answers = await asyncio.gather(*(_tap(courier, offer) for courier, offer in pairs))
    finally:
        stage.simulation.world.aside.clear()
        await stage.operator.post(f"{zone}/configure", {**kept, "reason": REASON})
    names = [courier.device.login.name for courier, _offer in pairs]
    won = [name for name, code in zip(names, answers, strict=True) if not code]
    lost = [(name, code) for name, code in zip(names, answers, strict=True) if code]
    run.say("tapped", names=" + ".join(names))
    for name, code in lost:
        run.say("refused", name=name, code=code)
    await stage.until(lambda: bool((order.view.get("leg") or {}).get("courier")))
    run.say(HEALED, name=", ".join(won), n=len(won))


def _offers(stage: Stage, order: Placed) -> dict[CourierPlayer, str]:
    """Who is asked for the order now, and by which offer."""
    found = {}
    for courier in stage.simulation.couriers:
        view = courier.device.client.views.get(courier.topic)
        for key, row in (view.rows if view is not None else {}).items():
            is_ours = key.startswith("offer:") and row.data["order_id"] == order.id
            if is_ours and row.data["state"] == "open":
                found[courier] = str(row.data["id"])
    return found


async def _tap(courier: CourierPlayer, offer: str) -> str:
    """Accept; return the code of the refusal, if it is one."""
    try:
        await courier.device.client.command("offer.accept", {"offer_id": offer})
    except Refused as refusal:
        return refusal.code
    return ""


async def courier_vanishes(stage: Stage, run: Run) -> None:
    """Switch the phone of a courier on the way to a shop off, until the order has another."""
    await stage.until(lambda: _on_the_way(stage) is not None)
    found = _on_the_way(stage)
    assert found is not None  # noqa: S101  waited for above
    courier, leg = found
    name = courier.device.login.name
    courier.is_there.clear()
    try:
        await courier.device.switch_off()
        run.say("silent", name=name, number=leg["number"])
        await stage.seen(partial(_online, stage), lambda ids: courier.device.login.id not in ids)
        run.say("put_offline", name=name)
        other = await _next_courier(stage, leg["order_id"], courier.device.login.id)
    finally:
        courier.device.is_on.set()
        courier.is_there.set()
    run.say(HEALED, number=leg["number"], name=other)


def _on_the_way(stage: Stage) -> tuple[CourierPlayer, Mapping[str, Any]] | None:
    for courier in stage.simulation.couriers:
        view = courier.device.client.views.get(courier.topic)
        for key, row in (view.rows if view is not None else {}).items():
            if key.startswith("leg:") and row.data["state"] in BEFORE_PICKUP:
                return courier, row.data
    return None


async def _online(stage: Stage) -> set[str]:
    """Who is on line, as the operator sees it: the one who vanished sees nothing."""
    overview = await stage.operator.get("/operator/overview")
    return {str(courier["id"]) for courier in overview["couriers"]}


async def _next_courier(stage: Stage, order_id: str, before: str) -> str:
    """Wait for the order's next courier, or its end; return the name."""
    while True:
        order = await stage.operator.get(f"/orders/{order_id}")
        courier = (order["leg"] or {}).get("courier")
        if courier and courier["id"] != before:
            return str(courier["name"])
        if not order["open"]:
            return "-"
        await asyncio.sleep(1.0)
