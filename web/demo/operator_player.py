"""The operator: watches the zone, looks at alarms, and knows how the whole stands."""

from typing import Any

from realtime.client_views import TopicView
from realtime.protocol import EventBody
from web.demo.device import Device
from web.demo.world import World


LOOK_SECONDS = 90.0


class OperatorPlayer:
    """Plays the one operator of the city."""

    def __init__(self, world: World) -> None:
        """Do nothing yet."""
        self.world = world
        self.device = Device(world, world.city.operator, "调度 operator")

    async def start(self) -> None:
        """Sit down at the desk."""
        topics = (f"zone:{self.world.city.zone_id}", f"user:{self.device.login.id}")
        await self.device.start(topics, on_event=self._heard)

    async def overview(self) -> dict[str, Any]:
        """How the whole stands."""
        return dict(await self.device.api.get("/operator/overview"))

    def _heard(self, view: TopicView, event: EventBody) -> None:
        if view.topic.startswith("user:"):
            self.device.read_inbox(event, after_seconds=LOOK_SECONDS)
