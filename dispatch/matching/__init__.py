"""Who carries what: a ranking of couriers for one leg, and a plan for a whole zone."""

from dispatch.matching.decision import decide
from dispatch.matching.model import (
    Budget,
    Commitment,
    Courier,
    Decision,
    Demand,
    Handling,
    Leg,
    Reason,
    Score,
    Skip,
    Suggestion,
    Trip,
    Weights,
    Zone,
)
from dispatch.matching.roads import Point, Roads, Travel


__all__ = [
    "Budget",
    "Commitment",
    "Courier",
    "Decision",
    "Demand",
    "Handling",
    "Leg",
    "Point",
    "Reason",
    "Roads",
    "Score",
    "Skip",
    "Suggestion",
    "Travel",
    "Trip",
    "Weights",
    "Zone",
    "decide",
]
