"""Where idle couriers had better wait: near the shops whose next order would find nobody close."""

from collections.abc import Iterable, Sequence
from heapq import nsmallest

from dispatch.matching.board import Board
from dispatch.matching.ground import Ground
from dispatch.matching.model import Demand, Suggestion, Zone
from dispatch.matching.routes import Lane


MOST_SHOPS = 32
MOST_TARGETS = 12
"""Shops that must be near, and those to wait at: with the most demand."""
TURNS = 4
"""One idle courier in four is thought of in a decision."""
MOST_MOVES = 5
TWO = 2
"""Who is nearest, and who would be without them."""
FARTHEST_MINUTES = 12.0
LEAST_GAIN = 0.005
"""Minutes the mean next order must be reached earlier, for each minute of the way there."""
NOBODY_MINUTES = 30.0
"""How far the nearest is when there is nobody."""


def suggest(zone: Zone, board: Board) -> tuple[Suggestion, ...]:
    """Move some of the couriers without a plan, each only for a clear gain."""
    idle = [lane for lane in board.lanes if _is_idle(lane, board)]
    if not idle or not zone.demand:
        return ()
    cover = _Cover(board.ground, zone.demand, idle)
    found: list[Suggestion] = []
    for lane in idle[int(zone.now) % TURNS :: TURNS]:
        shop = cover.better_place(lane) if len(found) < MOST_MOVES else None
        if shop is not None:
            found.append(Suggestion(courier_id=lane.courier.id, shop=shop))
    return tuple(found)


def _is_idle(lane: Lane, board: Board) -> bool:
    is_here = lane.courier.free_at <= board.ground.now < lane.courier.shift_ends_at
    return is_here and not board.routes[lane.number].runs


class _Cover:
    """How soon somebody idle would be at each shop, as the couriers stand."""

    def __init__(self, ground: Ground, demand: Sequence[Demand], idle: Iterable[Lane]) -> None:
        self._ground = ground
        shops = sorted(demand, key=lambda each: (-each.weight, each.shop))[:MOST_SHOPS]
        total = sum(each.weight for each in shops) or 1.0
        self._names = [each.shop for each in shops]
        self._points = [ground.point(each.at) for each in shops]
        self._weights = [each.weight / total for each in shops]
        self._stands = {lane.number: (lane, lane.start) for lane in idle}
        self._nearest = [self._two_nearest(point) for point in self._points]

    def better_place(self, lane: Lane) -> str | None:
        """Return the shop at which this courier helps most, and note that they go there."""
        alone = self._by_others(lane)
        here = self._saved(lane, lane.start, alone)
        best, best_gain = None, 0.0
        for target, point in enumerate(self._points[:MOST_TARGETS]):
            way = self._ground.minutes(lane.vehicle, lane.start, point)
            if 0 < way <= FARTHEST_MINUTES:
                gain = self._saved(lane, point, alone) - here - LEAST_GAIN * way
                if gain > best_gain:
                    best, best_gain = target, gain
        if best is None:
            return None
        self._move(lane, self._points[best])
        return self._names[best]

    def _move(self, lane: Lane, stand: int) -> None:
        """Let a courier stand elsewhere; only shops they are or become close to are looked at."""
        self._stands[lane.number] = (lane, stand)
        for number, (point, nearest) in enumerate(zip(self._points, self._nearest, strict=True)):
            way = self._ground.minutes(lane.vehicle, stand, point)
            was_near = any(lane.number == other for _, other in nearest)
            if was_near or len(nearest) < TWO or way < nearest[-1][0]:
                self._nearest[number] = self._two_nearest(point)

    def _two_nearest(self, point: int) -> list[tuple[float, int]]:
        minutes = self._ground.minutes
        return nsmallest(
            TWO,
            (
                (minutes(lane.vehicle, stand, point), number)
                for number, (lane, stand) in self._stands.items()
            ),
        )

    def _by_others(self, lane: Lane) -> list[float]:
        """Return for each shop how far the nearest of the others is."""
        return [
            next((way for way, number in nearest if number != lane.number), NOBODY_MINUTES)
            for nearest in self._nearest
        ]

    def _saved(self, lane: Lane, stand: int, alone: Sequence[float]) -> float:
        """Return what the mean next order gains by this courier's standing there."""
        minutes = self._ground.minutes
        return sum(
            weight * max(0.0, others - minutes(lane.vehicle, stand, point))
            for point, weight, others in zip(self._points, self._weights, alone, strict=True)
        )
