"""The loop that plans a dispatcher's zones: when a search asks for it, and each minute."""

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import DatabaseError, close_old_connections

from core.bell import bell
from core.clock import clock
from dispatch.matching.model import Tentative
from dispatch.models import CourierSearch
from dispatch.policy import PLAN_EVERY, WAKE_PLANS, Matching
from dispatch.zones.keeper import ZoneKeeper
from dispatch.zones.leases import Lease, LeaseLost
from dispatch.zones.models import ZoneSettings
from dispatch.zones.plans import make_plan


log = structlog.get_logger(__name__)

IDLE_SECONDS: Final = 0.5
"""Real seconds between polls when no bell rings."""


class Planner:
    """Plans the zones that its keeper owns."""

    def __init__(self, keeper: ZoneKeeper) -> None:
        """Remember no plan yet."""
        self._keeper = keeper
        self._last: dict[UUID, tuple[datetime, Tentative]] = {}

    def run(self, stop: threading.Event) -> None:
        """Plan until `stop` is set; survives a database that comes and goes."""
        woken = bell.waker(WAKE_PLANS)
        while not stop.is_set():
            close_old_connections()
            try:
                self.plan_due(now=clock().now())
            except DatabaseError as error:
                log.warning("plans.database_unavailable", error=str(error))
            woken.wait(IDLE_SECONDS)
            woken.clear()

    def plan_due(self, *, now: datetime) -> int:
        """Plan each owned zone that wants it; return how many."""
        return sum(self._plan(lease, now) for lease in list(self._due(now)))

    def _due(self, now: datetime) -> Iterator[Lease]:
        held = self._keeper.held
        planned = ZoneSettings.objects.filter(pk__in=list(held), matching=Matching.OPTIMISE)
        zones = list(planned.values_list("pk", flat=True))
        if not zones:
            return
        asking = CourierSearch.objects.filter(
            plan_wanted_at__isnull=False, leg__order__merchant__zone__in=zones
        )
        wanted = set(asking.values_list("leg__order__merchant__zone", flat=True))
        for zone_id in zones:
            last = self._last.get(zone_id)
            if zone_id in wanted or last is None or now - last[0] >= PLAN_EVERY:
                yield held[zone_id]

    def _plan(self, lease: Lease, now: datetime) -> bool:
        _planned_at, last = self._last.get(lease.zone_id, (now, {}))
        try:
            self._last[lease.zone_id] = now, make_plan(lease, last, now=now)
        except LeaseLost:
            log.info("plan.lease_lost", zone=str(lease.zone_id), token=lease.token)
            self._last.pop(lease.zone_id, None)
            return False
        except DatabaseError:
            raise
        except Exception:
            # The zone's searches find nobody who plans, and look for themselves.
            log.exception("plan.failed", zone=str(lease.zone_id))
            self._last[lease.zone_id] = now, {}
            return False
        return True
