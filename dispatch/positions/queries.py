"""Finding couriers by where they are now, and not by where their rows last saw them."""

from collections.abc import Iterable
from typing import Final

from django.db.models import Q

from core.merchants.distance import Box
from dispatch.models import CourierShift
from dispatch.positions.in_rows import columns_of, within
from dispatch.positions.reports import Fix
from dispatch.positions.store import positions


DRIFT_DEGREES: Final = 0.002
"""200 m: how far a courier may have gone since their row was written."""


def around(box: Box) -> Q:
    """Shifts of couriers who are in the box, and perhaps of some beside it."""
    if not positions().is_apart:
        return within(box)
    wider = Box(
        south=box.south - DRIFT_DEGREES,
        north=box.north + DRIFT_DEGREES,
        west=box.west - DRIFT_DEGREES,
        east=box.east + DRIFT_DEGREES,
    )
    return within(wider) | Q(pk__in=positions().inside(box))


def put_in_place(shifts: Iterable[CourierShift]) -> list[CourierShift]:
    """Return the shifts with the last places of their couriers; not to be saved."""
    rows = list(shifts)
    known = positions().get([row.pk for row in rows]) if positions().is_apart else {}
    for row in rows:
        fix = known.get(row.pk)
        if fix is not None and is_newer(fix, row):
            for name, value in columns_of(fix).items():
                setattr(row, name, value)
    return rows


def is_newer(fix: Fix, shift: CourierShift) -> bool:
    """Whether the fix says more than the row."""
    return shift.position_at is None or fix.at > shift.position_at
