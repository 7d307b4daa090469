"""Which dead letters, as the outside names it; the same for the list and for replaying all."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from notifications.escalation import Channel
from notifications.replays.queries import SPAN, Wanted
from notifications.states import DeliveryState


class Filters(BaseModel):
    """What is not named is any, of the last day."""

    state: Literal["dead", "uncertain"] | None = None
    channel: Channel | None = None
    template: str = Field(default="", max_length=40, description="Kind of notice.")
    code: str = Field(default="", max_length=64, description="The last word on it.")
    since: AwareDatetime | None = Field(default=None, description="The last day by default.")
    until: AwareDatetime | None = None
    with_deviceless: bool = Field(
        default=True, description="With those whose person has no device to push to."
    )

    def wanted(self, now: datetime) -> Wanted:
        """Return them as the queries know them."""
        return Wanted(
            state=DeliveryState(self.state) if self.state else None,
            channel=self.channel,
            template=self.template,
            code=self.code,
            since=self.since or now - SPAN,
            until=self.until,
            with_deviceless=self.with_deviceless,
        )
