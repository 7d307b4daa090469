"""Numbers of the courier search: the no-taker ladder as data, and what a courier can carry.

What a zone may set for itself is `ZonePolicy`; the constants are its defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from core.legs.ladder import Rung


class Vehicle(StrEnum):
    """How a courier moves."""

    WALK = "walk"  # on foot
    BICYCLE = "bicycle"  # by bicycle
    SCOOTER = "scooter"  # by electric scooter
    CAR = "car"  # by car


class Mode(StrEnum):
    """How many couriers are asked at a time."""

    ONE = "one"  # one by one
    BATCH = "batch"  # a few at a time, the first wins
    BOARD = "board"  # everybody within the radius, the first wins
    AUTO = "auto"  # the courier accepts every offer by a setting


class Matching(StrEnum):
    """Who decides whom to ask."""

    GREEDY = "greedy"  # each search for itself: the best placed courier
    OPTIMISE = "optimise"  # the zone's owner, by one plan for all


WIDTHS: Final = (Mode.ONE, Mode.BATCH, Mode.BOARD)
"""Modes of the search, narrowest first."""


class Cause(StrEnum):
    """Why an offer was withdrawn, a leg lost its courier, or a courier went off line."""

    TAKEN = "taken"  # another courier was faster
    ORDER_ENDED = "order_ended"  # the order ended
    ORDER_HELD = "order_held"  # an operator froze the order
    REASSIGNED = "reassigned"  # an operator chose somebody
    EXCLUDED = "excluded"  # an operator wants somebody else
    PINNED = "pinned"  # an operator wants another, and nobody else
    COURIER_OFFLINE = "courier_offline"  # the courier went off line
    COURIER_FULL = "courier_full"  # the courier has taken enough meanwhile
    OWN_WISH = "own_wish"  # the courier ended the shift
    IGNORED_OFFERS = "ignored_offers"  # too many offers in a row went unanswered
    SILENT = "silent"  # the device has not said where it is for too long
    NOT_MOVING = "not_moving"  # the courier does not come


class PinEnd(StrEnum):
    """Why a leg is no longer pinned to its courier."""

    OPERATOR = "operator"  # an operator took the pin out
    REPLACED = "replaced"  # an operator pinned another courier
    REASSIGNED = "reassigned"  # an operator gave the leg to somebody else
    EXCLUDED = "excluded"  # an operator excluded the courier
    TAKEN = "taken"  # the shop delivers it itself
    DECLINED = "declined"  # the courier said no
    EXPIRED = "expired"  # the courier did not answer
    COURIER_OFFLINE = "courier_offline"  # the courier went off line
    GIVEN_BACK = "given_back"  # the courier had it and gave it back
    NOT_MOVING = "not_moving"  # the courier had it and did not come
    TOO_LONG = "too_long"  # the courier did not come to take it


OFFER_SPAN: Final = timedelta(seconds=30)  # Uber 15-30, Stuart 40, Skip 60, Grubhub 90
BOARD_SPAN: Final = timedelta(minutes=2)
BATCH_SIZE: Final = 3
BOARD_SIZE: Final = 100
MINUTES_PER_LEG: Final = 4.0
"""Score of each leg a courier already has."""
FAIRNESS: Final = 0.2
"""Score minutes that a minute of idling is worth, up to `IDLE_LIMIT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung: from `after` the start of the search, whom to ask and for what extra pay."""

    after: timedelta
    mode: Mode
    size: int
    """How many offers may be open at a time."""
    radius_metres: int
    """Distance from courier to shop."""
    bonus_minor: int = 0
    span: timedelta = OFFER_SPAN
    """How long a courier may think."""
    minutes_per_leg: float = MINUTES_PER_LEG
    fairness: float = FAIRNESS
    is_pinned: bool = False
    """Whether an operator chose, and nobody else is asked."""
    is_planned: bool = False
    """Whether a plan of the whole zone chose, and no ranking for this leg."""


SEARCH_AGAIN: Final = timedelta(seconds=15)
"""How long a search that found nobody waits, unless a courier comes on line before."""
STALE_POSITION: Final = timedelta(minutes=2)
"""Devices report every 30 s when still; after this a courier counts as lost from sight."""
IGNORED_BEFORE_OFFLINE: Final = 3
HEARTBEAT: Final = timedelta(seconds=30)
"""How often devices report at least."""
MISSED_HEARTBEATS: Final = 3
"""Then a courier is silent: put off line, and what is not yet picked up goes to another."""
STILL_FOR: Final = timedelta(minutes=10)
"""Who should be on the way and has not moved for so long is not coming."""
STILL_METRES: Final = 100.0
"""Less is no movement: satellite positions wander by themselves."""

DETOUR: Final = 1.3  # streets over straight line
METRES_PER_MINUTE: Final = MappingProxyType(
    {Vehicle.WALK: 80, Vehicle.BICYCLE: 220, Vehicle.SCOOTER: 350, Vehicle.CAR: 400}
)
CAPACITY: Final = MappingProxyType(
    {Vehicle.WALK: 1, Vehicle.BICYCLE: 2, Vehicle.SCOOTER: 3, Vehicle.CAR: 4}
)
"""Legs at a time."""
LONGEST_TRIP_METRES: Final = MappingProxyType(
    {Vehicle.WALK: 1_500, Vehicle.BICYCLE: 4_000, Vehicle.SCOOTER: 15_000, Vehicle.CAR: 50_000}
)
"""Straight line from shop to customer that the vehicle is right for."""
IDLE_LIMIT: Final = timedelta(minutes=30)

PLAN_EVERY: Final = timedelta(minutes=1)
"""A zone is planned that often, and whenever something happens."""
PLAN_PATIENCE: Final = timedelta(seconds=20)
"""How long a search waits for the plan it asked for; then it looks for itself."""
PLAN_TRUST: Final = 2 * PLAN_EVERY
"""How long a search stands back that the last plan has told to wait."""
WAKE_PLANS: Final = "wake-plans"

BY_OPERATOR: Final = "operator"
BY_SHOP: Final = "shop"
"""Modes of assignments that no offer led to."""

DEADLINE_ROUND: Final = "leg.dispatch"
"""Subject: the leg. The next look at the search."""
DEADLINE_REVIEW: Final = "leg.review"
"""Subject: the leg. A courier with an offer or the leg itself went off line."""
DEADLINE_EXPIRE: Final = "offer.expire"
"""Subject: the offer."""
DEADLINE_WATCH: Final = "courier.watch"
"""Subject: the courier, on line or carrying. The next look at whether they report and move."""
DEADLINE_LOOK_AFTER: Final = "leg.look_after"
"""Subject: the leg. Its courier may be lost."""
DEADLINE_AVAILABLE: Final = "courier.available"
"""Subject: the courier, who came on line or became free: searches nearby look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePolicy:
    """What operators set for one zone."""

    matching: Matching = Matching.GREEDY
    offer_mode: Mode = Mode.ONE
    """The narrowest in which couriers are asked; the ladder may be wider."""
    batch_size: int = BATCH_SIZE
    offer_seconds: int = round(OFFER_SPAN.total_seconds())
    board_seconds: int = round(BOARD_SPAN.total_seconds())
    search_again_seconds: int = round(SEARCH_AGAIN.total_seconds())
    minutes_per_leg: float = MINUTES_PER_LEG
    fairness: float = FAIRNESS
    late_minute: float = 0.2
    """Of a plan: a minute beyond the promise, on top of itself; one from click to door is 1."""
    courier_minute: float = 0.3
    """Of a plan: a minute that a courier drives or hands over."""

    widen_after_seconds: int = 180
    """From here on each of the search's rungs: when it comes, since the search's start."""
    raise_pay_after_seconds: int = 300
    ask_all_after_seconds: int = 390
    ask_shop_after_seconds: int = 480
    alarm_after_seconds: int = 600
    give_up_after_seconds: int = 1200
    near_metres: int = 2_000
    """From here on: how far from the shop couriers are asked, rung by rung."""
    widened_metres: int = 4_000
    bonus_metres: int = 5_000
    board_metres: int = 6_000
    bonus_minor: int = 300
    """Extra pay once the pay is raised, in the shop's currency."""
    board_bonus_minor: int = 500
    """Extra pay once everybody is asked."""

    def step_at(self, elapsed: timedelta) -> Step:
        """Return what is offered after `elapsed`, and to how many."""
        return next(step for step in reversed(self.steps) if step.after <= max(elapsed, NOTHING))

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is offered when, earliest first."""
        return _steps_of(self)

    @property
    def marks(self) -> tuple[tuple[timedelta, Rung], ...]:
        """When each rung comes, since the search's start, earliest first."""
        return _marks_of(self)

    @property
    def ask_shop_after(self) -> timedelta:
        """From then on the ladder looks, whatever a plan says."""
        return timedelta(seconds=self.ask_shop_after_seconds)

    def next_mark(self, elapsed: timedelta) -> timedelta | None:
        """Return when, since the search's start, the next rung comes."""
        return next((after for after, _ in self.marks if after > elapsed), None)


NOTHING: Final = timedelta(0)

ASCENDING: Final = (
    (
        *("widen_after_seconds", "raise_pay_after_seconds", "ask_all_after_seconds"),
        *("ask_shop_after_seconds", "alarm_after_seconds", "give_up_after_seconds"),
    ),
    ("near_metres", "widened_metres", "bonus_metres", "board_metres"),
    ("bonus_minor", "board_bonus_minor"),
)
"""Settings that only rise from rung to rung; rungs that come at one moment come in their order."""


@cache
def _steps_of(policy: ZonePolicy) -> tuple[Step, ...]:
    return (
        _step(policy, 0, Mode.ONE, policy.near_metres, 0),
        _step(policy, policy.widen_after_seconds, Mode.ONE, policy.widened_metres, 0),
        _step(
            policy,
            policy.raise_pay_after_seconds,
            Mode.BATCH,
            policy.bonus_metres,
            policy.bonus_minor,
        ),
        _step(
            policy,
            policy.ask_all_after_seconds,
            Mode.BOARD,
            policy.board_metres,
            policy.board_bonus_minor,
        ),
    )


def _step(
    policy: ZonePolicy, seconds: int, narrowest: Mode, radius_metres: int, bonus_minor: int
) -> Step:
    mode = max(narrowest, policy.offer_mode, key=WIDTHS.index)
    sizes = {Mode.ONE: 1, Mode.BATCH: policy.batch_size, Mode.BOARD: BOARD_SIZE}
    span = policy.board_seconds if mode is Mode.BOARD else policy.offer_seconds
    return Step(
        after=timedelta(seconds=seconds),
        mode=mode,
        size=sizes[mode],
        radius_metres=radius_metres,
        bonus_minor=bonus_minor,
        span=timedelta(seconds=span),
        minutes_per_leg=policy.minutes_per_leg,
        fairness=policy.fairness,
    )


@cache
def _marks_of(policy: ZonePolicy) -> tuple[tuple[timedelta, Rung], ...]:
    seconds = (getattr(policy, name) for name in ASCENDING[0])
    return tuple(
        (timedelta(seconds=after), rung) for after, rung in zip(seconds, Rung, strict=True)
    )


ZONE_BOUNDS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "batch_size": (2, 20),
        "offer_seconds": (10, 300),
        "board_seconds": (30, 900),
        "search_again_seconds": (5, 120),
        "minutes_per_leg": (0, 60),
        "fairness": (0, 5),
        "late_minute": (0, 10),
        "courier_minute": (0, 10),
        **dict.fromkeys(ASCENDING[0], (15, 7200)),
        **dict.fromkeys(ASCENDING[1], (200, 20_000)),
        **dict.fromkeys(ASCENDING[2], (0, 100_000)),
    }
)
"""Least and most of each number of a `ZonePolicy`."""
