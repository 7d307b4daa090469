"""Where idle couriers had better wait: near the shops whose next order would find nobody close."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dispatch.matching.board import Board
from dispatch.matching.ground import Ground
from dispatch.matching.model import Demand, Suggestion, Zone
from dispatch.matching.roads import Floats
from dispatch.matching.routes import Lane
from dispatch.policy import Vehicle


MOST_SHOPS = 32
MOST_TARGETS = 12
"""Shops that must be near, and those to wait at: with the most demand."""
TURNS = 4
"""One idle courier in four is thought of in a decision."""
MOST_MOVES = 5
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

    def __init__(self, ground: Ground, demand: Sequence[Demand], idle: Sequence[Lane]) -> None:
        shops = sorted(demand, key=lambda each: (-each.weight, each.shop))[:MOST_SHOPS]
        self._names = [each.shop for each in shops]
        points = [ground.point(each.at) for each in shops]
        weights = np.array([each.weight for each in shops], float)
        self._weights = weights / (weights.sum() or 1.0)
        self._columns = {lane.number: column for column, lane in enumerate(idle)}
        self._ways = np.empty((len(shops), len(idle)))
        """Minutes by shop and courier, from where they stand."""
        self._between: dict[Vehicle, Floats] = {}
        """Minutes by shop and shop to wait at."""
        targets = np.array(points[:MOST_TARGETS])
        for vehicle in {lane.vehicle for lane in idle}:
            columns = [column for column, lane in enumerate(idle) if lane.vehicle is vehicle]
            starts = np.array([idle[column].start for column in columns])
            for number, point in enumerate(points):
                self._ways[number, columns] = ground.minutes_from(vehicle, starts, point)
            self._between[vehicle] = np.array(
                [ground.minutes_from(vehicle, targets, point) for point in points]
            )

    def better_place(self, lane: Lane) -> str | None:
        """Return the shop at which this courier helps most, and note that they go there."""
        column = self._columns[lane.number]
        alone = np.delete(self._ways, column, axis=1).min(axis=1, initial=NOBODY_MINUTES)
        here = self._saved(alone, self._ways[:, column])
        way = self._ways[:MOST_TARGETS, column]
        stands = self._between[lane.vehicle]
        gains = self._saved(alone[:, None], stands) - here - LEAST_GAIN * way
        gains[(way <= 0) | (way > FARTHEST_MINUTES)] = 0.0
        best = int(gains.argmax())
        if gains[best] <= 0:
            return None
        self._ways[:, column] = stands[:, best]
        return self._names[best]

    def _saved(self, alone: Floats, ways: Floats) -> Any:
        """Return what the mean next order gains by a courier's standing there, beside others."""
        return self._weights @ np.maximum(0.0, alone - ways)
