"""Learning from legs: a little at a time, each leg once, and from the database alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core.legs.models import DeliveryLeg
from dispatch.habits.models import HabitMark, ShopHabit
from dispatch.matching.learning import Kitchen, Sales


BATCH: Final = 500
"""Legs that one transaction learns from at most."""
SETTLED: Final = timedelta(hours=2)
"""After this time a kitchen is done with its order, or never will be."""
FIRST_LEG: Final = UUID(int=0)
MINUTE: Final = timedelta(minutes=1)


@dataclass(slots=True)
class _Seen:
    """What a batch says about one shop."""

    sales: Sales = field(default_factory=Sales)
    kitchen: Kitchen = field(default_factory=Kitchen)


def learn_habits(*, now: datetime) -> bool:
    """Learn from the next batch of legs; true when more may wait. One transaction at a time.

    Where orders appear is learned at once; how kitchens keep their word when they have had time.
    """
    seen: dict[UUID, _Seen] = {}
    ordered = _next_legs("sales", before=now)
    for leg in ordered:
        each = seen.setdefault(leg.order.merchant_id, _Seen())
        zone = ZoneInfo(leg.order.merchant.zone.time_zone)
        each.sales = each.sales.with_order(leg.created_at.astimezone(zone).hour)
    cooked = _next_legs("kitchens", before=now - SETTLED)
    for leg in cooked:
        each = seen.setdefault(leg.order.merchant_id, _Seen())
        each.kitchen = _learnt(each.kitchen, leg)
    _store(seen, now=now)
    return max(len(ordered), len(cooked)) == BATCH


def _next_legs(subject: str, *, before: datetime) -> Sequence[DeliveryLeg]:
    """Return the legs after the mark, oldest first, and move the mark; ids grow with time."""
    mark = HabitMark.objects.filter(pk=subject).first()
    mark = mark or HabitMark(subject=subject, leg_id=FIRST_LEG)
    rows = DeliveryLeg.objects.filter(pk__gt=mark.leg_id, created_at__lte=before)
    legs = list(rows.select_related("order__merchant__zone").order_by("pk")[:BATCH])
    if legs:
        mark.leg_id = legs[-1].pk
        mark.save()
    return legs


def _learnt(kitchen: Kitchen, leg: DeliveryLeg) -> Kitchen:
    order = leg.order
    begun_at, promised_at = order.accepted_at, order.promised_ready_at
    if begun_at is None or promised_at is None or order.ready_at is None:
        return kitchen
    return kitchen.with_order(
        promised=(promised_at - begun_at) / MINUTE, took=(order.ready_at - begun_at) / MINUTE
    )


def _store(seen: dict[UUID, _Seen], *, now: datetime) -> None:
    known = ShopHabit.objects.in_bulk(sorted(seen))
    new = [ShopHabit(merchant_id=pk, learnt_at=now) for pk in seen if pk not in known]
    for habit in (*known.values(), *new):
        found = seen[habit.merchant_id]
        kitchen = habit.kitchen(now) + found.kitchen
        habit.learn(habit.sales(now) + found.sales, kitchen, now=now)
    ShopHabit.objects.bulk_create(new)
    names = ["hours", "kitchen_count", "kitchen_total", "kitchen_squares", "learnt_at"]
    ShopHabit.objects.bulk_update(list(known.values()), names)
