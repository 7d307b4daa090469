"""The loop that keeps expected arrivals true: when something happens, and as couriers move on."""

import math
import threading
import time
from typing import Final

import structlog
from django.db import DatabaseError, close_old_connections

from core.bell import bell
from core.clock import clock
from core.events.catalogue import (
    DELIVERY_ASSIGNED,
    DELIVERY_AT_DROPOFF,
    DELIVERY_AT_PICKUP,
    DELIVERY_PICKED_UP,
    DELIVERY_UNASSIGNED,
    ORDER_DELAYED,
    ORDER_READY,
    ORDER_RELEASED,
)
from core.events.facts import Fact
from core.events.work import Work, reacts_to
from dispatch.arrivals.rounds import tell_arrivals
from dispatch.zones.keeper import ZoneKeeper


log = structlog.get_logger(__name__)

WAKE_ARRIVALS: Final = "wake-arrivals"
EVERY_SECONDS: Final = 5.0
"""Real seconds between two looks when nothing happens: couriers report as often."""
PACE_SECONDS: Final = 0.5
"""Least real seconds between two looks, whatever happens."""


@reacts_to(
    DELIVERY_ASSIGNED,
    DELIVERY_UNASSIGNED,
    DELIVERY_AT_PICKUP,
    DELIVERY_PICKED_UP,
    DELIVERY_AT_DROPOFF,
    ORDER_DELAYED,
    ORDER_READY,
    ORDER_RELEASED,
)
def look_soon(_fact: Fact, work: Work) -> None:
    """What was expected may be wrong now."""
    work.wake(WAKE_ARRIVALS)


class Arrivals:
    """Tells the arrivals of the zones that its keeper owns."""

    def __init__(self, keeper: ZoneKeeper) -> None:
        """Have looked at nothing yet."""
        self._keeper = keeper

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set; survives a database that comes and goes."""
        woken, looked_at = bell.waker(WAKE_ARRIVALS), -math.inf
        while not stop.wait(PACE_SECONDS):
            if not woken.is_set() and time.monotonic() - looked_at < EVERY_SECONDS:
                continue
            woken.clear()
            close_old_connections()
            try:
                self.look()
            except DatabaseError as error:
                log.warning("arrivals.database_unavailable", error=str(error))
            looked_at = time.monotonic()

    def look(self) -> int:
        """Look at every owned zone once; return how many arrivals have moved."""
        return sum(
            tell_arrivals(zone_id, now=clock().now()) for zone_id in list(self._keeper.held)
        )
