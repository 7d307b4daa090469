"""The loop that plans a dispatcher's zones: when a search asks for it, and each minute."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import DatabaseError, close_old_connections

from core.bell import bell
from core.clock import clock
from core.quiet import quiet
from dispatch.models import CourierSearch
from dispatch.policy import PLAN_EVERY, WAKE_PLANS, Matching
from dispatch.zones.keeper import ZoneKeeper
from dispatch.zones.leases import Lease, LeaseLost
from dispatch.zones.memory import Memory, get_surprised
from dispatch.zones.models import ZoneSettings
from dispatch.zones.picture import new_roads
from dispatch.zones.plans import make_plan


log = structlog.get_logger(__name__)

IDLE_SECONDS: Final = 0.5
"""Real seconds between polls when no bell rings."""


class Planner:
    """Plans the zones that its keeper owns."""

    def __init__(self, keeper: ZoneKeeper) -> None:
        """Remember no plan yet."""
        self._keeper = keeper
        self._last: dict[UUID, Memory] = {}
        self._seen: tuple[int, Mapping[UUID, Lease]] = (-1, {})

    def run(self, stop: threading.Event) -> None:
        """Plan until `stop` is set; survives a database that comes and goes."""
        woken = bell.waker(WAKE_PLANS)
        is_rung = True
        while not stop.is_set():
            close_old_connections()
            try:
                if is_rung or self._may_plan():
                    self.plan_due(now=clock().now(), is_rung=is_rung)
            except DatabaseError as error:
                log.warning("plans.database_unavailable", error=str(error))
            is_rung = woken.wait(IDLE_SECONDS)
            woken.clear()

    def _may_plan(self) -> bool:
        """Whether a look is worth it: plans fall due by time alone, others as somebody writes."""
        seen, self._seen = self._seen, (quiet.change_count, self._keeper.held)
        is_watched = quiet.rest_seconds(IDLE_SECONDS) > IDLE_SECONDS
        return not is_watched or bool(self._last) or seen != self._seen

    def plan_due(self, *, now: datetime, is_rung: bool = False) -> int:
        """Plan each owned zone that wants it; return how many.

        `is_rung` says that something may have happened that no row asks a plan for.
        """
        return sum(self._plan(lease, now) for lease in self._due(now, is_rung=is_rung))

    def _due(self, now: datetime, *, is_rung: bool) -> list[Lease]:
        held = self._keeper.held
        planned = ZoneSettings.objects.filter(pk__in=list(held), matching=Matching.OPTIMISE)
        zones = list(planned.values_list("pk", flat=True))
        if not zones:
            return []
        known = {zone: self._last[zone] for zone in zones if zone in self._last}
        due = {
            zone
            for zone in zones
            if zone not in known or now - known[zone].planned_at >= PLAN_EVERY
        }
        asking = CourierSearch.objects.filter(
            plan_wanted_at__isnull=False, leg__order__merchant__zone__in=zones
        )
        due |= set(asking.values_list("leg__order__merchant__zone", flat=True))
        if is_rung and known.keys() - due:
            due |= get_surprised({zone: known[zone] for zone in known.keys() - due})
        return [held[zone] for zone in zones if zone in due]

    def _plan(self, lease: Lease, now: datetime) -> bool:
        last = self._last.get(lease.zone_id) or Memory(planned_at=now, roads=new_roads())
        try:
            self._last[lease.zone_id] = make_plan(lease, last, now=now)
        except LeaseLost:
            log.info("plan.lease_lost", zone=str(lease.zone_id), token=lease.token)
            self._last.pop(lease.zone_id, None)
            return False
        except DatabaseError:
            raise
        except Exception:
            # The zone's searches find nobody who plans, and look for themselves.
            log.exception("plan.failed", zone=str(lease.zone_id))
            self._last[lease.zone_id] = Memory(planned_at=now, roads=new_roads())
            return False
        return True
