"""One owner for each zone: a row with an expiry, and a token that tells an owner from the next.

An owner pushes its rows' `until` forward; a row that has run out is anybody's. Whoever takes one
raises its token, and what an owner commits is fenced: the transaction ends by locking the row
and comparing the token, so that an owner that was paused and overtaken commits nothing. Times are
those of the database's clock (`core.shared_time`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from core.database import run_repeatedly
from core.merchants.models import Zone
from core.shared_time import shared_time
from dispatch.zones.models import Dispatcher, ZoneLease
from dispatch.zones.shares import share_of


LEASE: Final = timedelta(seconds=3)
FORGOTTEN_AFTER: Final = timedelta(minutes=5)
"""How long the row of a dispatcher that is gone stays."""
RENEW_SECONDS: Final = 1.0
"""Real seconds between two renewals, and between two looks at what has run out."""


class LeaseLost(Exception):
    """Another process owns the zone by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """That this process owns a zone, as far as it knows."""

    zone_id: UUID
    token: int


def shared_now() -> datetime:
    """Real time on which all processes agree."""
    return datetime.fromtimestamp(shared_time.now(), UTC)


def renew(owner: str, *, at: datetime) -> None:
    """Push forward what the owner still has, and that it is there."""
    ZoneLease.objects.filter(owner=owner).update(until=at + LEASE)
    if not Dispatcher.objects.filter(pk=owner).update(until=at + LEASE):
        Dispatcher.objects.create(owner=owner, until=at + LEASE)


def take_free(owner: str, *, at: datetime) -> bool:
    """Own a fair share of the zones: take what nobody owns, leave what others should have.

    Say whether the owner had all of them already, and was alone.
    """
    leases = _known_leases(at)
    owned = {zone: name if until > at else None for zone, name, until in leases}
    present = _present(at)
    share = share_of(owner, owned, present)
    for zone_id in share.take:
        run_repeatedly(partial(_take, zone_id, owner, at=at))
    if share.leave:
        mine = ZoneLease.objects.filter(owner=owner, pk__in=share.leave)
        mine.update(owner="", until=at)
    return present == {owner} and set(owned.values()) <= {owner}


def _known_leases(at: datetime) -> list[tuple[UUID, str, datetime]]:
    """Return zone, owner and end of every lease, those of new zones included."""
    rows = list(ZoneLease.objects.values_list("pk", "owner", "until"))
    known = {zone_id for zone_id, *_ in rows}
    new = sorted(set(Zone.objects.values_list("pk", flat=True)) - known)
    made = [ZoneLease(zone_id=pk, until=at - LEASE) for pk in new]
    ZoneLease.objects.bulk_create(made, ignore_conflicts=True)
    return [*rows, *((each.pk, "", each.until) for each in made)]


def _present(at: datetime) -> frozenset[str]:
    """Return the dispatchers that are up; those long gone are forgotten."""
    rows = dict(Dispatcher.objects.values_list("pk", "until"))
    gone = [owner for owner, until in rows.items() if until + FORGOTTEN_AFTER < at]
    if gone:
        Dispatcher.objects.filter(pk__in=gone, until__lte=at).delete()
    return frozenset(owner for owner, until in rows.items() if until > at)


def _take(zone_id: UUID, owner: str, *, at: datetime) -> None:
    with transaction.atomic():
        # Never waiting: who holds the lock may be paused, and this owner's other zones run out.
        rows = ZoneLease.objects.filter(pk=zone_id, until__lte=at)
        if rows.select_for_update(skip_locked=True).first() is not None:
            rows.update(owner=owner, token=F("token") + 1, until=at + LEASE)


def get_leases(owner: str) -> Mapping[UUID, Lease]:
    """Return what the owner has, by zone."""
    rows = ZoneLease.objects.filter(owner=owner).values_list("pk", "token")
    return {zone_id: Lease(zone_id=zone_id, token=token) for zone_id, token in rows}


def release(owner: str, *, at: datetime) -> None:
    """Leave the zones to others at once."""
    Dispatcher.objects.filter(pk=owner).delete()
    ZoneLease.objects.filter(owner=owner).update(until=at)


def fence(lease: Lease) -> None:
    """Let the transaction commit only if the lease holds; to come last in it.

    :raises LeaseLost: another process has taken the zone.
    """
    rows = ZoneLease.objects.select_for_update().filter(pk=lease.zone_id, token=lease.token)
    if rows.first() is None:
        raise LeaseLost
