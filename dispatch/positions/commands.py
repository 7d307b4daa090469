"""Couriers' devices say where they are: one place at a time, or what a tunnel kept back."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from core.bell import bell
from core.clock import clock
from core.database import run_repeatedly
from core.environment import environment
from core.errors import Invalid, NotAllowed
from core.events.streams import shard_group
from core.legs.models import DeliveryLeg
from core.people.models import Person
from core.prepared import Prepared
from dispatch.models import CourierShift
from dispatch.positions.in_rows import fix_of
from dispatch.positions.nearness import notice_nearness
from dispatch.positions.queries import is_newer
from dispatch.positions.reports import Fix, Ignored, Position, judge
from dispatch.positions.store import positions
from dispatch.positions.trail import keep_trail, sampled
from dispatch.queries import get_active_legs
from dispatch.shifts import CourierOffline


POSITION_SECONDS: Final = 1.0
"""Real seconds between two positions that count; devices that send more are not heard."""
MOST_POSITIONS: Final = 240
"""Of one batch: an hour, one in fifteen seconds."""

_shift = Prepared(lambda person: CourierShift.objects.filter(pk=person), UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One position of a batch that changed nothing, and why."""

    index: int
    code: str


def report_position(*, person: Person, position: Position, now: datetime) -> Ignored | None:
    """Take where the courier is and show it on the orders they carry; else say why not.

    :raises NotAllowed: the person is no courier.
    :raises CourierOffline: neither on line nor carrying anything.
    :raises core.errors.Invalid: too old, too inaccurate or impossible; see `reports.judge`.
    """
    shift = _reporting(person)
    verdict = judge(
        position,
        _last(shift),
        now=now,
        pause=clock().technical(POSITION_SECONDS),
        may_jump=environment().demo,
    )
    if isinstance(verdict, Ignored):
        return verdict
    return None if _take([verdict], shift) else Ignored.OUT_OF_ORDER


def report_positions(
    *, person: Person, reports: Sequence[Position], now: datetime
) -> list[Refusal]:
    """Take what a device has gathered while nobody could hear it, oldest first.

    Each position is judged by the one before it; those that cannot be used are told.

    :raises NotAllowed: the person is no courier.
    :raises CourierOffline: neither on line nor carrying anything.
    """
    shift = _reporting(person)
    last, fixes, refusals = _last(shift), list[Fix](), list[Refusal]()
    for index, report in enumerate(reports):
        try:
            verdict = judge(report, last, now=now, pause=timedelta(0), may_jump=environment().demo)
        except Invalid as refused:
            refusals.append(Refusal(index=index, code=refused.code))
            continue
        if isinstance(verdict, Ignored):
            refusals.append(Refusal(index=index, code=verdict.value))
        else:
            last = verdict
            fixes.append(verdict)
    if fixes:
        _take(fixes, shift)
    return refusals


def show_position(legs: Iterable[DeliveryLeg], courier_id: UUID, fix: Fix) -> None:
    """Show a courier on the orders they carry; nothing keeps these frames."""
    frame = {
        "courier": str(courier_id),
        "lat": fix.latitude,
        "lng": fix.longitude,
        "at": fix.at.isoformat(),
    }
    for leg in legs:
        topic = f"order:{leg.order_id}"
        text = json.dumps({"t": "pos", "topic": topic, **frame}, separators=(",", ":"))
        bell.ring(shard_group(topic), {"pos": [[topic, text]]})


def _reporting(person: Person) -> CourierShift:
    """Return the row of a courier who may report, as it stands: it is not locked."""
    if not person.is_courier:
        raise NotAllowed("only couriers have shifts")
    rows = _shift(person.pk)
    if not rows or not (rows[0].is_online or rows[0].active_count):
        raise CourierOffline
    return rows[0]


def _last(shift: CourierShift) -> Fix | None:
    known = positions().get([shift.pk]).get(shift.pk)
    return known if known is not None and is_newer(known, shift) else fix_of(shift)


def _take(fixes: Sequence[Fix], shift: CourierShift) -> bool:
    """Keep what is believed; false when a newer place has become known meanwhile."""
    kept, last = list(sampled(fixes, shift.sampled_at)), fixes[-1]
    is_kept = bool(kept) and run_repeatedly(partial(keep_trail, shift.pk, kept, last))
    is_kept |= positions().put(shift.pk, last)
    if is_kept and shift.active_count:
        legs = get_active_legs(shift.pk)
        show_position(legs, shift.pk, last)
        notice_nearness(legs, last, radius_metres=environment().near_metres)
    return is_kept


def answer_of(refusals: Sequence[Refusal], count: int) -> dict[str, Any]:
    """Shape of what a batch is answered with."""
    return {
        "stored": count - len(refusals),
        "refused": [{"index": each.index, "code": each.code} for each in refusals],
    }
