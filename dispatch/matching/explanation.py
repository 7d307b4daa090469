"""Why a courier gets a leg: who else could have had it, at what cost, and who could not."""

from collections import Counter
from math import inf

from dispatch.matching.board import Board
from dispatch.matching.fleet import forbids
from dispatch.matching.model import Reason, Score, Skip
from dispatch.matching.routes import Lane, Route


MOST_SCORES = 8


def explain(board: Board, leg: int) -> Reason:
    """Compare the courier whose route holds the leg with all others, as the plan stands."""
    chosen = board.on[leg]
    compared = [number for _, number in board.nearest(leg)][:MOST_SCORES]
    if chosen not in compared:
        compared.append(chosen)
    scores = []
    skipped = board.all_far.copy()
    for number in board.unable(leg):
        lane = board.lanes[number]
        skipped[lane.courier.id] = _skip(board, lane, leg)
    for lane in (board.lanes[number] for number in compared):
        score = _score(board, lane, leg)
        if score is not None:
            scores.append(score)
            del skipped[lane.courier.id]
    scores.sort(key=lambda score: (score.cost, score.courier_id))
    return Reason(courier_id=board.lanes[chosen].courier.id, scores=tuple(scores), skipped=skipped)


def obstacles(board: Board, leg: int) -> Counter[Skip]:
    """Count what keeps the couriers from a leg that is on no route."""
    unable = board.unable(leg)
    found = Counter(_skip(board, board.lanes[number], leg) for number in unable)
    if len(unable) < len(board.lanes):
        found[Skip.SHIFT] += len(board.lanes) - len(unable)
    return found


def _score(board: Board, lane: Lane, leg: int) -> Score | None:
    route = board.routes[lane.number]
    if board.on[leg] == lane.number:
        bare = lane.without(route, leg)
        cost = route.cost - bare.cost
    else:
        cost, runs = lane.insertion(route, leg)
        if cost == inf:
            return None
        route = lane.route(runs)
    return Score(courier_id=lane.courier.id, cost=round(cost, 3), pickup_at=_pickup_at(route, leg))


def _pickup_at(route: Route, leg: int) -> float:
    place = next(place for place, run in enumerate(route.runs) if leg in run.legs)
    return route.before[place + 1][0] - route.runs[place].span


def _skip(board: Board, lane: Lane, leg: int) -> Skip:
    """Tell why a lane is not able to take a leg."""
    reason = forbids(board.ground.legs[leg], lane.courier)
    if reason is None:
        return Skip.SHIFT if lane.courier.capacity else Skip.FULL
    return reason
