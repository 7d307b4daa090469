"""A shop: two tablets at the counter, and people who answer, cook, delay and hand over."""

import asyncio
from collections.abc import Mapping
from typing import Any

from realtime.client_views import TopicView
from realtime.protocol import EventBody
from web.demo.device import Device
from web.demo.seed import SeededShop
from web.demo.story import PlannedOrder, ShopMood
from web.demo.world import World


SWEEP_SECONDS = 60.0
GUEST_SECONDS = 3600.0
ANSWER_SECONDS = 40.0
"""Until the shop answers a request to cancel or a nudge."""
PAUSE_SECONDS = 240.0
"""Until somebody notices that the shop was paused, and wakes up."""
DELAY_MINUTES = 10


class ShopPlayer:
    """Plays the people of one shop; either tablet may act on an order."""

    def __init__(self, world: World, shop: SeededShop) -> None:
        """Do nothing yet."""
        self.world = world
        self.shop = shop
        self.topic = f"merchant:{shop.id}"
        labels = ("店长 owner", "店员 clerk")
        self.devices = [
            Device(world, login, label) for login, label in zip(shop.staff, labels, strict=True)
        ]
        self.patience_seconds = 0.0
        """How long the people leave an order to a visitor at the same counter."""
        self.is_awake = asyncio.Event()
        """Cleared while everybody in the shop is asleep."""
        self.is_awake.set()
        self._served: set[str] = set()
        self._answered: set[tuple[str, str]] = set()

    async def start(self) -> None:
        """Switch both tablets on."""
        for device in self.devices:
            topics = (self.topic, f"user:{device.login.id}")
            await device.start(topics, on_event=self._heard if device is self._first else None)
        self.world.spawn(self._look_around())

    @property
    def _first(self) -> Device:
        return self.devices[0]

    def _order(self, order_id: str) -> Mapping[str, Any]:
        return self._first.row(self.topic, f"order:{order_id}") or {"open": False, "state": ""}

    def _heard(self, view: TopicView, event: EventBody) -> None:
        if view.topic != self.topic:
            return
        if event.key.startswith("order:"):
            self._noticed(event.d)
            if event.crit is not None:
                self.world.spawn(self._acknowledge(event.d["id"], event.crit))
        elif event.key.startswith("merchant:") and event.d["paused_until"]:
            self.world.spawn(self._wake_up())

    async def _look_around(self) -> None:
        """See what came with a snapshot instead of an event."""
        while True:
            for device in self.devices:
                view = device.client.views[self.topic]
                if not self.world.keeps_everything:
                    view.rows = view.rows_at(self.world.now())
            for key, row in list(self._first.client.views[self.topic].rows.items()):
                if key.startswith("order:"):
                    self._noticed(row.data)
            await self.world.sleep(SWEEP_SECONDS)

    def _noticed(self, order: Mapping[str, Any]) -> None:
        order_id = order["id"]
        if order["open"] and order_id not in self._served:
            self._served.add(order_id)
            self.world.spawn(self._serve(order_id))
        if order["open"] and order["cancellation"]:
            self._once(order_id, order["cancellation"]["requested_at"], "cancellation")
        if order["open"] and order["nudge"] and not order["nudge"]["reply"]:
            self._once(order_id, order["nudge"]["at"], "nudge")

        leg = order["leg"]
        if order["open"] and leg and leg["state"] in {"failed", "returning"}:
            self._once(order_id, leg["failed_at"], "return")

    def _once(self, order_id: str, at: str, what: str) -> None:
        if (order_id, at) not in self._answered:
            self._answered.add((order_id, at))
            self.world.spawn(self._answer(order_id, what))

    async def _acknowledge(self, order_id: str, receipt: str) -> None:
        """Press the button that stops the ringing, unless everybody sleeps."""
        plan = await self.world.plan_of(order_id)
        if plan.shop_mood is not ShopMood.SLEEPS:
            await self.world.sleep(max(plan.answer_seconds / 2, self.patience_seconds))
            await self.is_awake.wait()
            await self._device_for(plan).client.act(receipt)

    async def _answer(self, order_id: str, what: str) -> None:
        plan = await self.world.plan_of(order_id)
        if what == "return":
            await self._take_back(self._device_for(plan), order_id)
            return
        if plan.shop_mood is ShopMood.SLEEPS:
            return
        await self.world.sleep(ANSWER_SECONDS)
        device = self._device_for(plan)
        if what == "nudge":
            await device.command("order.reply_nudge", order_id=order_id, reply="马上好 Soon")
        else:
            await device.command("order.answer_cancellation", order_id=order_id, agree=plan.agrees)

    async def _take_back(self, device: Device, order_id: str) -> None:
        """Wait for the courier at the counter, then say that the bag is back."""
        try:
            leg_id = await self.world.hearsay.hear(f"back:{order_id}", seconds=GUEST_SECONDS)
        except TimeoutError:
            return
        await device.command("leg.finish_return", leg_id=leg_id)

    async def _serve(self, order_id: str) -> None:
        plan = await self.world.plan_of(order_id)
        device = self._device_for(plan)
        if self._order(order_id)["state"] == "placed" and plan.shop_mood is not ShopMood.SLEEPS:
            await self.world.sleep(max(plan.answer_seconds, self.patience_seconds))
            await self.is_awake.wait()
            if self._order(order_id)["state"] == "placed":
                await self._decide(device, order_id, plan)
        await device.until(lambda: self._order(order_id)["state"] != "placed")
        if self._order(order_id)["open"]:
            await self._cook(device, order_id, plan)
        if plan.fulfilment == "pickup" and self._order(order_id)["open"]:
            await self._serve_guest(device, order_id)

    async def _decide(self, device: Device, order_id: str, plan: PlannedOrder) -> None:
        if plan.shop_mood is ShopMood.REJECTS:
            await device.command("order.reject", order_id=order_id, reason="too_busy")
        else:
            await device.command("order.accept", order_id=order_id)

    async def _cook(self, device: Device, order_id: str, plan: PlannedOrder) -> None:
        await self.world.sleep(10)
        if not self._order(order_id)["open"]:
            return
        await device.command("order.start", order_id=order_id)
        await self.world.sleep(plan.cooking_seconds / 2)
        if not self._order(order_id)["open"]:
            return
        if plan.delays:
            await device.command("order.delay", order_id=order_id, minutes=DELAY_MINUTES)
            await self.world.sleep(DELAY_MINUTES * 60)
        lines = self._order(order_id).get("lines", ())
        if plan.sells_out and len(lines) > 1:
            await self._run_out(device, order_id, lines[-1]["id"])
        await self.world.sleep(plan.cooking_seconds / 2)
        if self._order(order_id)["open"]:
            await device.command("order.ready", order_id=order_id)

    async def _run_out(self, device: Device, order_id: str, line_id: str) -> None:
        """Ask the customer about a line that cannot be made, and wait for the answer."""
        lines = [{"line_id": line_id, "quantity": 0}]
        asked = await device.command("order.propose_adjustment", order_id=order_id, lines=lines)
        if asked is not None:
            await device.until(lambda: not self._order(order_id).get("proposal"))

    async def _serve_guest(self, device: Device, order_id: str) -> None:
        """Hand the bag to the guest who shows the code at the counter."""
        try:
            code = await self.world.hearsay.hear(f"guest:{order_id}", seconds=GUEST_SECONDS)
        except TimeoutError:
            return
        await device.command("order.hand_over", order_id=order_id, code=code)

    async def _wake_up(self) -> None:
        await self.world.sleep(PAUSE_SECONDS)
        await self.resume()

    async def resume(self) -> bool:
        """Take orders again if missed ones have paused the shop; return whether they had."""
        shop = self._first.row(self.topic, self.topic)
        if shop is None or not shop["paused_until"]:
            return False
        await self._first.command("merchant.resume", merchant_id=self.shop.id)
        return True

    def _device_for(self, plan: PlannedOrder) -> Device:
        return self.devices[plan.index % len(self.devices)]
