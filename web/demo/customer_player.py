"""A customer: asks for a price, orders, pays, watches the order move, changes their mind."""

from collections.abc import Mapping
from typing import Any

from realtime.client_views import TopicView
from realtime.protocol import EventBody
from web.demo import city
from web.demo.device import Device
from web.demo.seed import Login
from web.demo.story import CustomerMood, PlannedOrder
from web.demo.world import World


ACCEPT_JSON = {"Accept": "application/json"}
PAY_SECONDS = 15.0
DECIDE_SECONDS = 30.0
FOLLOW_SECONDS = 600.0
"""How long a customer keeps looking at an order that has ended."""
RESTOCK = 60


class CustomerPlayer:
    """Plays one customer with one phone and any number of orders."""

    def __init__(self, world: World, login: Login) -> None:
        """Do nothing yet."""
        self.world = world
        self.login = login
        self.device = Device(world, login, "顾客 customer")

    async def start(self) -> None:
        """Switch the phone on."""
        await self.device.start((f"user:{self.login.id}",), on_event=self._heard)

    async def order(self, plan: PlannedOrder) -> None:
        """Live through one order of the script."""
        order_id = await self.place(plan)
        if order_id is None:
            return
        if plan.payment_method == "online" and plan.customer_mood is not CustomerMood.NEVER_PAYS:
            await self._pay(order_id, plan)
        await self.follow(order_id, plan)

    async def place(self, plan: PlannedOrder, *, at_once: bool = False) -> str | None:
        """Order; return the order's id, none when it was refused."""
        placed = await self._place(plan, 0.0 if at_once else DECIDE_SECONDS)
        if placed is None:
            return None
        order_id = str(placed["id"])
        self.world.hearsay.tell(f"code:{order_id}", placed["handover_code"])
        self.world.published(order_id, plan, self.login)
        await self.device.client.subscribe(f"order:{order_id}")
        if plan.fulfilment == "pickup":
            self.world.spawn(self._fetch(order_id, plan, placed["handover_code"]))
        return order_id

    async def follow(self, order_id: str, plan: PlannedOrder) -> None:
        """Look at an order until it is over, and at the next one a little later."""
        self.world.spawn(self._feel(order_id, plan))
        await self.device.until(lambda: not self.view(order_id)["open"])
        if not self.world.keeps_everything:
            await self._forget(order_id)

    def view(self, order_id: str) -> Mapping[str, Any]:
        """The order as the customer's phone shows it."""
        row = self.device.row(f"order:{order_id}", f"order:{order_id}")
        return row or {"open": True, "state": "", "payment": {"state": ""}}

    def _heard(self, view: TopicView, event: EventBody) -> None:
        if view.topic.startswith("user:"):
            self.device.read_inbox(event, after_seconds=45)
        elif event.type == "order.adjustment_proposed":
            self.world.spawn(self._answer(event.d["id"]))

    async def _place(self, plan: PlannedOrder, thinking: float) -> dict[str, Any] | None:
        quote = await self.device.post("/quotes", self._wish(plan))
        if quote is None:
            await self._complain(plan)
            return None
        await self.world.sleep(thinking)
        body = {
            "quote": quote["quote"],
            "payment_method": plan.payment_method,
            "contact": {"name": self.login.name, "phone": self.login.phone},
            "note": "少辣 Less spicy" if plan.index % 3 == 0 else "",
        }
        answer = await self.device.post("/orders", body)
        return None if answer is None else dict(answer["order"])

    def _wish(self, plan: PlannedOrder) -> dict[str, Any]:
        shop = self.world.city.shops[plan.shop]
        dropoff = {
            "address": plan.address,
            "latitude": plan.door.latitude,
            "longitude": plan.door.longitude,
        }
        return {
            "merchant_id": shop.id,
            "fulfilment": plan.fulfilment,
            "lines": [
                {"item_id": shop.item_ids[item], "quantity": quantity}
                for item, quantity in plan.lines
            ],
            "dropoff": dropoff if plan.fulfilment == "delivery" else None,
        }

    async def _complain(self, plan: PlannedOrder) -> None:
        """Call the shop: something is sold out, so the owner fills the shelves."""
        shop = self.world.city.shops[plan.shop]
        owner = Device(self.world, shop.staff[0], "")
        for item, _quantity in plan.lines:
            if city.SHOPS[plan.shop].menu[item].stock is not None:
                item_id = shop.item_ids[item]
                await owner.post(f"/items/{item_id}/set-stock", {"stock": RESTOCK})

    async def _pay(self, order_id: str, plan: PlannedOrder) -> None:
        """Go to the provider's page and press its button, twice when the card fails."""
        for result in (["failed"] if plan.card_fails else []) + ["succeeded"]:
            await self.world.sleep(PAY_SECONDS)
            payment = await self.device.post(f"/orders/{order_id}/payment")
            if payment is None:
                return
            async with self.world.session.post(
                payment["pay_url"], data={"result": result}, headers=ACCEPT_JSON
            ) as response:
                await response.read()
            if result == "failed":
                await self.device.until(lambda: self._payment_state(order_id) == "failed")

    def _payment_state(self, order_id: str) -> str:
        return str(self.view(order_id)["payment"]["state"])

    async def _feel(self, order_id: str, plan: PlannedOrder) -> None:
        await self.world.sleep(plan.mood_seconds)
        match plan.customer_mood:
            case CustomerMood.CANCELS:
                await self.device.post(f"/orders/{order_id}/cancel", {"reason": "changed_mind"})
            case CustomerMood.REQUESTS:
                busy = {"accepted", "preparing", "ready"}
                await self.device.until(
                    lambda: self.view(order_id)["state"] in busy or not self.view(order_id)["open"]
                )
                path = f"/orders/{order_id}/request-cancellation"
                await self.device.post(path, {"reason": "too_slow"})
            case CustomerMood.NUDGES:
                await self.device.post(f"/orders/{order_id}/nudge")
            case CustomerMood.WAITS | CustomerMood.NEVER_PAYS:
                pass

    async def _answer(self, order_id: str) -> None:
        """Take the rest of the order and the money for what is missing."""
        await self.world.sleep(DECIDE_SECONDS)
        await self.device.post(f"/orders/{order_id}/answer-adjustment", {"answer": "refund"})

    async def _fetch(self, order_id: str, plan: PlannedOrder, code: str) -> None:
        """Walk to the counter once the order is ready, and say the code."""
        await self.device.until(
            lambda: self.view(order_id)["state"] == "ready" or not self.view(order_id)["open"]
        )
        await self.world.sleep(plan.mood_seconds)
        self.world.hearsay.tell(f"guest:{order_id}", code)

    async def _forget(self, order_id: str) -> None:
        await self.world.sleep(FOLLOW_SECONDS)
        await self.device.client.unsubscribe(f"order:{order_id}")
        self.world.orders.pop(order_id, None)
        self.world.hearsay.forget(*(f"{what}:{order_id}" for what in ("code", "guest", "plan")))
