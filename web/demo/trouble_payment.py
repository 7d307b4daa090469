"""Troubles with money: the payment provider calls back twice, or late."""

import asyncio
import time
from typing import Any, Final

from web.demo.customer_player import ACCEPT_JSON
from web.demo.journal import HEALED, Run
from web.demo.stage import Placed, Stage


LATE_REAL_SECONDS: Final = 8.0
LOOK_REAL_SECONDS: Final = 0.3
CALM: Final[dict[str, Any]] = {"callback_count": 1, "late_seconds": 0.0}


async def pay_twice(stage: Stage, run: Run) -> None:
    """Pay once, and let the provider say so twice."""
    order = await _unpaid(stage)
    url = await _pay(stage, order, {**CALM, "callback_count": 2})
    run.say("paid", number=order.number)
    calls = await _callbacks(stage, url, 2)
    run.say("called_back", n=len(calls), statuses=", ".join(str(call["status"]) for call in calls))
    await stage.until(lambda: order.view["payment"]["state"] == "captured")
    charge = await stage.sandbox(url)
    run.say(HEALED, number=order.number, amount=charge["amount_minor"])


async def pay_late(stage: Stage, run: Run) -> None:
    """Pay, and let the provider say so only after a while."""
    order = await _unpaid(stage)
    paid_at = time.monotonic()
    url = await _pay(stage, order, {**CALM, "late_seconds": LATE_REAL_SECONDS})
    run.say("paid", number=order.number, seconds=LATE_REAL_SECONDS)
    await _callbacks(stage, url, 1)
    run.say("called_back", seconds=round(time.monotonic() - paid_at, 1))
    await stage.until(lambda: order.state not in {"", "pending_payment"})
    run.say(HEALED, number=order.number, state=order.state)


async def _unpaid(stage: Stage) -> Placed:
    return await stage.order(payment_method="online")


async def _pay(stage: Stage, order: Placed, knobs: dict[str, Any]) -> str:
    """Press the button of the provider's page under these knobs; return the charge's path."""
    world = stage.simulation.world
    payment = await order.customer.device.api.post(f"/orders/{order.id}/payment")
    pay_url = str(payment["pay_url"])
    turn = f"{world.sandbox_url}/payments/knobs"
    async with world.session.put(turn, json=knobs) as response:
        response.raise_for_status()
    try:
        async with world.session.post(
            pay_url, data={"result": "succeeded"}, headers=ACCEPT_JSON
        ) as response:
            response.raise_for_status()
    finally:
        async with world.session.put(turn, json=CALM) as response:
            response.raise_for_status()
    return pay_url.removeprefix(world.sandbox_url).replace("/pay/", "/charges/")


async def _callbacks(stage: Stage, url: str, wanted: int) -> list[dict[str, Any]]:
    """Wait until the provider has called back so often about the charge, and was understood."""
    charge = url.rpartition("/")[2]
    while True:
        entries = (await stage.sandbox("/ledger/payments"))["entries"]
        calls = [
            entry
            for entry in entries
            if entry.get("content", {}).get("charge_id") == charge and entry.get("status")
        ]
        if len(calls) >= wanted:
            return calls
        await asyncio.sleep(LOOK_REAL_SECONDS)
