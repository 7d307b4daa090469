"""The consumer every Channels tutorial ends with: one group membership per socket."""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class OrderConsumer(AsyncJsonWebsocketConsumer):
    """Sends whatever its group is told."""

    async def connect(self) -> None:
        self.group = self.scope["url_route"]["kwargs"]["group"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, _code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def order_event(self, message: dict[str, Any]) -> None:
        await self.send_json(message["payload"])
