"""Every order has ended or knows when something happens next, and money is where it belongs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from web.demo.findings import Findings
from web.demo.outside import Api
from web.demo.simulation import Simulation, together


SETTLE_REAL_SECONDS = 90.0
POLL_REAL_SECONDS = 0.5
PAGE = 100
AT_ONCE = 4


async def verify_orders(simulation: Simulation, findings: Findings) -> None:
    """Read every order as its operator and as its customer, and its charge at the provider."""
    customers = {device.login.id: device.api for device in simulation.devices()}
    seen = set()
    moneys = []
    async for order in _all_orders(simulation.operator.device.api):
        seen.add(order["id"])
        _check_end(order, findings)
        _plan, login = simulation.world.orders.get(order["id"], (None, None))
        if login is not None and order["payment"]["method"] == "online":
            customer = customers[login.id]
            moneys.append(_check_money(simulation, customer, order["id"], findings))
    await together(moneys, at_once=AT_ONCE)
    for order_id in simulation.world.orders.keys() - seen:
        findings.wrong(f"order {order_id} was placed and is gone")
    findings.counts["orders"] = len(seen)


async def _all_orders(operator: Api) -> AsyncIterator[dict[str, Any]]:
    query: dict[str, Any] = {"limit": PAGE}
    while True:
        page = await operator.get("/operator/orders", **query)
        for order in page["items"]:
            yield order
        if page["next"] is None:
            return
        query["after"] = page["next"]


def _check_end(order: dict[str, Any], findings: Findings) -> None:
    if order["open"]:
        findings.endings[f"still {order['state']}"] += 1
        if not order["deadlines"]:
            findings.wrong(f"order {order['id']} is {order['state']} and nothing is due")
        return
    reason = order["cancel"]["reason"] if order["cancel"] else ""
    findings.endings[f"{order['state']} {reason}".strip()] += 1
    if order["deadlines"]:
        findings.wrong(f"order {order['id']} has ended and still has {order['deadlines']}")


async def _check_money(
    simulation: Simulation, customer: Api, order_id: str, findings: Findings
) -> None:
    """Wait a bounded time for the money to come to rest: refunds travel after the order's end."""
    wrong = ""
    for _attempt in range(int(SETTLE_REAL_SECONDS / POLL_REAL_SECONDS)):
        order = await customer.get(f"/orders/{order_id}")
        charge = await _charge(simulation, order["payment"]["pay_url"])
        wrong = _compare(order, charge)
        if not wrong:
            findings.counts["charges"] += charge["status"] == "succeeded"
            findings.counts["refunds"] += charge["refunded_minor"] > 0
            return
        await asyncio.sleep(POLL_REAL_SECONDS)
    findings.wrong(f"order {order_id}: {wrong}")


def _compare(order: dict[str, Any], charge: dict[str, Any]) -> str:
    """Say what is wrong with the money, if anything."""
    refunded, total = order["payment"]["refunded_minor"], order["total_minor"]
    captured = charge["amount_minor"] if charge["status"] == "succeeded" else 0
    if refunded != charge["refunded_minor"]:
        return f"we say {refunded} is back, the provider {charge['refunded_minor']}"
    owed = max(captured - order["payment"]["kept_minor"], 0)
    if order["state"] == "cancelled" and charge["refunded_minor"] != owed:
        return f"cancelled, {owed} of {captured} owed, {charge['refunded_minor']} refunded"
    if order["state"] == "completed" and captured - refunded != total:
        return f"completed for {total}, {captured} captured, {refunded} refunded"
    return ""


async def _charge(simulation: Simulation, pay_url: str) -> dict[str, Any]:
    """What the provider's books say; nothing when the customer never went to pay."""
    if not pay_url:
        return {"status": "none", "amount_minor": 0, "refunded_minor": 0}
    url = pay_url.replace("/payments/pay/", "/payments/charges/")
    async with simulation.world.session.get(url) as response:
        return dict(await response.json())
