"""How long it takes: the one thing the dispatcher asks, whoever knows the answer.

`way` never waits: it answers from an engine in this process, or from what a routing service was
asked before. `prepare` is where a service is asked, for many ways at once, bounded in time and
number; it is called outside transactions only. What nobody knows is the straight line.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import structlog

from dispatch.policy import Vehicle
from dispatch.travel.breaker import Breaker
from dispatch.travel.model import Engine, Point, Service, ServiceUnavailable, Way
from dispatch.travel.straight import StraightLine


log = structlog.get_logger(__name__)

KEPT_WAYS: Final = 200_000
"""30 MB at most."""
KEPT_SECONDS: Final = 600.0
"""Real seconds that an answer of a service counts: traffic changes."""
PREPARE_SECONDS: Final = 3.0
"""Real seconds for all questions of one `prepare`; what is left is the straight line."""
DECIMALS: Final = 4
"""Ten metres: couriers move, and are asked about again and again."""

Key = tuple[Vehicle, float, float, float, float]


class Travel:
    """Ways by the best source there is."""

    def __init__(
        self,
        *,
        engine: Engine | None = None,
        service: Service | None = None,
        breaker: Breaker | None = None,
        attribution: str = "",
    ) -> None:
        """Know what `engine` knows, and what `service` is asked by `prepare`."""
        self.attribution = attribution
        """What must be shown beside maps and times."""
        self._straight = StraightLine()
        self._engine: Engine = engine or self._straight
        self._service = service
        self._breaker = breaker or Breaker()
        self._known: OrderedDict[Key, tuple[float, Way | None]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def asks(self) -> bool:
        """Whether a service is asked: then the same way may take another time later."""
        return self._service is not None

    def way(self, origin: Point, destination: Point, vehicle: Vehicle) -> Way:
        """Return the way, at once."""
        if self._service is not None:
            found = self._recall(origin, destination, vehicle)
        else:
            found = self._engine.way(origin, destination, vehicle)
        return found or self._straight.way(origin, destination, vehicle)

    def minutes(self, origin: Point, destination: Point, vehicle: Vehicle) -> float:
        """Return how long the way takes."""
        return self.way(origin, destination, vehicle).minutes

    def prepare(
        self, origins: Sequence[Point], destinations: Sequence[Point], vehicle: Vehicle
    ) -> None:
        """Ask the service for the ways that are not known yet, as far as time allows."""
        if self._service is None:
            return
        ends_at = time.monotonic() + PREPARE_SECONDS
        for some, others in self._unknown(origins, destinations, vehicle):
            if time.monotonic() > ends_at or not self._breaker.may_ask():
                return
            self._ask(self._service, some, others, vehicle)

    def _ask(
        self,
        service: Service,
        origins: Sequence[Point],
        destinations: Sequence[Point],
        vehicle: Vehicle,
    ) -> None:
        try:
            matrix = service.matrix(origins, destinations, vehicle)
        except ServiceUnavailable as error:
            self._breaker.failed()
            log.warning("travel.unavailable", error=str(error), spared=self._breaker.is_open)
            return
        self._breaker.succeeded()
        now = time.monotonic()
        with self._lock:
            for origin, row in zip(origins, matrix, strict=True):
                for destination, way in zip(destinations, row, strict=True):
                    key = _key(origin, destination, vehicle)
                    self._known[key] = now, way
                    self._known.move_to_end(key)
            while len(self._known) > KEPT_WAYS:
                self._known.popitem(last=False)

    def _recall(self, origin: Point, destination: Point, vehicle: Vehicle) -> Way | None:
        known = self._known.get(_key(origin, destination, vehicle))
        return known[1] if known is not None and _is_fresh(known[0]) else None

    def _unknown(
        self, origins: Sequence[Point], destinations: Sequence[Point], vehicle: Vehicle
    ) -> Iterator[tuple[Sequence[Point], Sequence[Point]]]:
        """Cut what is not known into questions of bounded size."""
        most = self._service.most_points if self._service else 1
        starts, ends = _distinct(origins), _distinct(destinations)
        for others in _portions(ends, most):
            for some in _portions(starts, most):
                missing = [
                    here
                    for here in some
                    if any(self._is_missing(here, there, vehicle) for there in others)
                ]
                if missing:
                    yield missing, others

    def _is_missing(self, origin: Point, destination: Point, vehicle: Vehicle) -> bool:
        known = self._known.get(_key(origin, destination, vehicle))
        return known is None or not _is_fresh(known[0])


def _is_fresh(asked_at: float) -> bool:
    return time.monotonic() - asked_at < KEPT_SECONDS


def _distinct(points: Iterable[Point]) -> list[Point]:
    return list(dict.fromkeys(map(_rounded, points)))


def _portions(points: Sequence[Point], most: int) -> Iterator[Sequence[Point]]:
    for start in range(0, len(points), most):
        yield points[start : start + most]


def _rounded(point: Point) -> Point:
    return round(point[0], DECIMALS), round(point[1], DECIMALS)


def _key(origin: Point, destination: Point, vehicle: Vehicle) -> Key:
    return (vehicle, *_rounded(origin), *_rounded(destination))
