"""A guest's place in a topic: an ordinary one, in which everything comes in the guests' form.

An event gets that form when the first guest needs it and keeps it, so it is made once for all of
them, and those who are no guests never ask whether there are any.
"""

from collections.abc import Sequence

from realtime.event_frames import EventFrame
from realtime.fan_out import Batch
from realtime.guest_views import guest_position
from realtime.subscriptions import Subscription


class GuestSubscription(Subscription):
    """What one guest gets of one feed; their session gives snapshots in the same form."""

    __slots__ = ()

    def deliver(self, batch: Batch) -> None:
        """Send live events."""
        super().deliver(batch.for_guests)

    def deliver_latest(self, key: str, text: str) -> None:
        """Send a courier's place."""
        super().deliver_latest(key, guest_position(text))

    def _send(self, events: Sequence[EventFrame]) -> None:
        super()._send([event.for_guests for event in events])
