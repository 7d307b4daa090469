"""When orders reach their doors, as it looks now: plain values, minutes from now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from dispatch.matching import Handling, Point


LEAST: Final = 1.0
"""Nobody arrives sooner than in a minute, or earlier than now."""
TO_FIND: Final = 3.0
"""Until somebody takes a leg that nobody has yet."""
WORTH_TELLING: Final = timedelta(seconds=60)
READY_PART: Final = 0.7
"""The chance that a kitchen is ready by the moment told: what customers wait for may be early."""

Minutes: TypeAlias = Callable[[Point, Point], float]
"""How long the way from one point to another takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One leg, as far as its arrival goes."""

    leg_id: str
    shop: Point
    door: Point
    ready_at: float
    """When the food will be ready."""
    is_loaded: bool = False
    """Whether the courier has it."""
    is_there: bool = False
    """Whether the courier stands at the door."""


def estimate(
    tasks: Sequence[Task], minutes: Minutes, handling: Handling, *, start: Point | None
) -> dict[str, float]:
    """Return when each order of one courier arrives; `start` is where the courier is.

    What is loaded is delivered first, in the order given; then shop by shop what is to be loaded,
    together. Without a start nobody has taken the leg yet.
    """
    found: dict[str, float] = {}
    clock, at = (0.0, start) if start is not None else (TO_FIND, None)
    for task in tasks:
        if task.is_loaded:
            clock = _deliver(task, clock, at, minutes, handling, found)
            at = task.door
    for together in _by_shop(task for task in tasks if not task.is_loaded):
        shop = together[0].shop
        clock += 0.0 if at is None else minutes(at, shop)
        clock = max(clock, *(task.ready_at for task in together)) + handling.pickup_minutes
        at = shop
        for task in together:
            clock = _deliver(task, clock, at, minutes, handling, found)
            at = task.door
    return {leg_id: max(each, LEAST) for leg_id, each in found.items()}


def is_worth_telling(known: datetime | None, found: datetime, *, now: datetime) -> bool:
    """Whether people should be told: it has moved by more than a minute, or has passed."""
    return known is None or known <= now or abs(found - known) > WORTH_TELLING


def _deliver(
    task: Task,
    clock: float,
    at: Point | None,
    minutes: Minutes,
    handling: Handling,
    found: dict[str, float],
) -> float:
    """Note when the order arrives and return when its courier goes on: half of it is waiting."""
    if not task.is_there:
        clock += minutes(at or task.shop, task.door)
    found[task.leg_id] = clock + handling.dropoff_minutes / 2
    return clock + handling.dropoff_minutes


def _by_shop(tasks: Iterable[Task]) -> Iterable[list[Task]]:
    shops: Mapping[Point, list[Task]]
    shops = {}
    for task in tasks:
        shops.setdefault(task.shop, []).append(task)
    return shops.values()
