"""One decision: resume the last plan, insert what is new, improve, commit what cannot wait."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from dispatch.matching.board import Board
from dispatch.matching.explanation import explain, obstacles
from dispatch.matching.ground import Ground
from dispatch.matching.improvement import Improvement
from dispatch.matching.model import Budget, Commitment, Decision, Trip, Zone
from dispatch.matching.positions import suggest
from dispatch.matching.routes import Route


STANDARD = Budget()
MOST_EXPLAINED = 50
"""Legs on no plan, of which it is told what is in the way."""


def decide(zone: Zone, *, budget: Budget = STANDARD, seed: int = 0) -> Decision:
    """Return the best plan found within the budget; without rounds, cheapest insertion."""
    ground = Ground(zone)
    with _collection_put_off():
        board = Board(ground)
        board.resume(zone.tentative)
        board.insert(sorted(board.loose, key=lambda leg: (ground.ready_at[leg], leg)))
        rounds = Improvement(board, Random(seed)).run(budget)  # noqa: S311 - a search, no secret
        plans = [_trips(route, ground) for route in board.routes]
        decision = Decision(
            plans={lane.courier.id: trips for lane, trips in zip(board.lanes, plans, strict=True)},
            commitments=tuple(_commitments(zone, board, plans)),
            suggestions=suggest(zone, board),
            unassigned=tuple(ground.legs[leg].id for leg in sorted(board.loose)),
            obstacles={
                ground.legs[leg].id: obstacles(board, leg)
                for leg in sorted(board.loose)[:MOST_EXPLAINED]
            },
            cost=board.cost,
            rounds=rounds,
        )
        board.forget()
    return decision


@contextmanager
def _collection_put_off() -> Iterator[None]:
    """Let no search for cycles interrupt a decision, which leaves none; some took 100 ms."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


def _trips(route: Route, ground: Ground) -> tuple[Trip, ...]:
    """Return a route with its times."""
    found: list[Trip] = []
    for place, run in enumerate(route.runs):
        _, point, _ = route.before[place]
        ends_at, _, _ = route.before[place + 1]
        pickup_at = ends_at - run.span
        way = ground.minutes(route.lane.vehicle, point, run.pickup)
        found.append(
            Trip(
                shop=run.shop,
                leg_ids=tuple(ground.legs[leg].id for leg in run.legs),
                leave_at=pickup_at - ground.half_pickup - way,
                pickup_at=pickup_at,
                dropoff_at=tuple(pickup_at + offset for offset in run.offsets),
            )
        )
    return tuple(found)


def _commitments(
    zone: Zone, board: Board, plans: Sequence[Sequence[Trip]]
) -> Iterator[Commitment]:
    """Yield the trips that start before the next decision, and what joins one about to load."""
    horizon = zone.now + zone.commit_ahead_minutes
    for route, trips in zip(board.routes, plans, strict=True):
        fixed = len(route.lane.fixed)
        for place, trip in enumerate(trips):
            starts_at = trip.pickup_at if place < fixed else trip.leave_at
            if starts_at >= horizon:
                break
            new = [leg for leg in route.runs[place].legs if leg not in route.lane.held]
            if new:
                yield _commitment(board, route, trip, new)


def _commitment(board: Board, route: Route, trip: Trip, new: list[int]) -> Commitment:
    ids = {leg: board.ground.legs[leg].id for leg in new}
    return Commitment(
        courier_id=route.lane.courier.id,
        trip=trip,
        new_leg_ids=tuple(ids.values()),
        reasons={ids[leg]: explain(board, leg) for leg in new},
    )
