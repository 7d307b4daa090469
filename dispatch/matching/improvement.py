"""Ruin and recreate: take a few related legs off the plan, put them back, keep what is better."""

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import exp
from random import Random
from typing import Final

from dispatch.matching.board import Board
from dispatch.matching.model import Budget


LEAST_REMOVED, MOST_REMOVED = 2, 8
HOTTEST, COLDEST = 3.0, 0.05
"""Worsening, in minutes, that is accepted about one time in three: at first, and at last."""
LEAST_ROUNDS, ROUNDS_PER_MINUTE = 40, 4.0
"""A plan that loses few minutes is soon good enough: rounds in all, and for each lost minute."""
MOST_RELATED = 30
TAKEN_SHARE = 0.7
"""Related legs that are really taken, so that the same seed does not always take the same."""
LEAST_INTEREST = 0.2
"""How much a leg that could not be delivered earlier is worth as a seed, in lost minutes."""


class Improvement:
    """One search over one board."""

    def __init__(self, board: Board, random: Random) -> None:
        self._board = board
        self._random = random
        self._free = list(board.ground.free_legs)
        self._interest = list(accumulate(self._lost_minutes().values()))
        self._related: dict[int, list[int]] = {}

    def run(self, budget: Budget) -> int:
        """Improve the board until the budget is over; return how many rounds it took."""
        board = self._board
        best = kept = _Snapshot(board)
        rounds = 0
        if len(self._free) < LEAST_REMOVED or not board.lanes:
            return rounds
        lost = self._interest[-1] - LEAST_INTEREST * len(self._free)
        most = min(budget.rounds, LEAST_ROUNDS + int(ROUNDS_PER_MINUTE * lost))
        while rounds < most and not budget.is_over():
            heat = HOTTEST * (COLDEST / HOTTEST) ** (rounds / most)
            self._disturb()
            worse = board.cost - kept.cost
            if worse <= 0 or self._random.random() < exp(-worse / heat):
                kept = _Snapshot(board)
                if kept.cost < best.cost:
                    best = kept
            else:
                kept.restore(board)
            rounds += 1
        best.restore(board)
        return rounds

    def _lost_minutes(self) -> dict[int, float]:
        """Return by leg how much later it is picked up than it could be."""
        ground = self._board.ground
        lost = dict.fromkeys(self._free, LEAST_INTEREST)
        for route in self._board.routes:
            for place, run in enumerate(route.runs, start=1):
                pickup_at = route.before[place][0] - run.span
                for leg in run.legs:
                    if leg in lost:
                        lost[leg] += max(0.0, pickup_at - ground.ready_at[leg])
        return lost

    def _disturb(self) -> None:
        random, board = self._random, self._board
        mark = random.random() * self._interest[-1]
        seed = self._free[min(bisect(self._interest, mark), len(self._free) - 1)]
        count = random.randint(LEAST_REMOVED, MOST_REMOVED)
        left_over = sorted(board.loose)[:MOST_REMOVED]
        removed = random.choice(CHOICES)(self, seed, count)
        for leg in removed:
            board.remove(leg)
        ready_at = board.ground.ready_at
        missing = sorted({*removed, *left_over}, key=lambda leg: (ready_at[leg], leg))
        if random.random() < 1 / 2:
            random.shuffle(missing)
        board.insert(missing, random)

    def by_place_and_time(self, seed: int, count: int) -> list[int]:
        """Choose legs that are ready near the seed in space and time."""
        related = self._related.get(seed)
        if related is None:
            related = self._related[seed] = self._rank_related(seed)
        taken = [leg for leg in related if self._random.random() < TAKEN_SHARE]
        return [seed, *taken[: count - 1]]

    def _rank_related(self, seed: int) -> list[int]:
        ground = self._board.ground
        vehicle = ground.couriers[0].vehicle
        pickup, ready_at = ground.pickups[seed], ground.ready_at[seed]

        def distance(leg: int) -> float:
            way = ground.minutes(vehicle, pickup, ground.pickups[leg])
            return way + abs(ground.ready_at[leg] - ready_at)

        ranked = sorted((distance(leg), leg) for leg in self._free if leg != seed)
        return [leg for _, leg in ranked[:MOST_RELATED]]

    def by_courier(self, seed: int, count: int) -> list[int]:
        """Choose the seed's whole route, then those of the couriers next to its shop."""
        own = self._board.on.get(seed)
        return self._of_lanes(seed, count, first=[] if own is None else [own])

    def by_nearest_couriers(self, seed: int, count: int) -> list[int]:
        """Choose the routes of the couriers who could be at the seed's shop first."""
        return self._of_lanes(seed, count, first=[])

    def _of_lanes(self, seed: int, count: int, first: list[int]) -> list[int]:
        board = self._board
        chosen = [seed]
        for number in (*first, *(number for _, number in board.nearest(seed)[:count])):
            for run in board.routes[number].runs:
                chosen += [leg for leg in run.legs if leg in board.on and leg not in chosen]
            if len(chosen) >= count:
                break
        return chosen


CHOICES: Final[Sequence[Callable[[Improvement, int, int], list[int]]]] = (
    Improvement.by_place_and_time,
    Improvement.by_courier,
    Improvement.by_nearest_couriers,
)
"""What is removed together."""


class _Snapshot:
    """A board as it was."""

    def __init__(self, board: Board) -> None:
        self.cost = board.cost
        self._routes = board.routes[:]
        self._on = board.on.copy()
        self._loose = board.loose.copy()

    def restore(self, board: Board) -> None:
        board.cost = self.cost
        board.routes = self._routes[:]
        board.on = self._on.copy()
        board.loose = self._loose.copy()
