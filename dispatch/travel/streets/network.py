"""A vehicle's network of streets, made from lines on a map: points and the metres between them.

Lines that share a point meet there. Between two meetings a line keeps points at least every
`SPACING_METRES`, so that every door is near one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from core.merchants.distance import metres_between
from dispatch.travel.model import Point
from dispatch.travel.streets.profiles import Profile, directions


SPACING_METRES: Final = 40.0
DECIMETRES: Final = 10

Edges: TypeAlias = list[dict[int, int]]
"""For each point, the points one step away and how many decimetres that is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One street as it is drawn, and its tags."""

    points: tuple[Point, ...]
    tags: Mapping[str, str]


@dataclass(slots=True)
class Network:
    """Points by number, and the steps between them."""

    places: list[Point] = field(default_factory=list)
    steps: Edges = field(default_factory=list)

    def add(self, place: Point) -> int:
        """Return the number of a new point."""
        self.places.append(place)
        self.steps.append({})
        return len(self.places) - 1

    def join(self, origin: int, destination: int, decimetres: int) -> None:
        """Lead from one point to another; of two ways the shorter."""
        known = self.steps[origin].get(destination)
        if origin != destination and (known is None or decimetres < known):
            self.steps[origin][destination] = decimetres


def read_lines(collection: Mapping[str, Any]) -> list[Line]:
    """Return the lines of a GeoJSON FeatureCollection; areas are passed over."""
    return [
        Line(
            tuple((latitude, longitude) for longitude, latitude, *_ in shape["coordinates"]),
            {key: str(value) for key, value in feature["properties"].items()},
        )
        for feature in collection["features"]
        if (shape := feature["geometry"])["type"] == "LineString"
    ]


def build_network(lines: Iterable[Line], profile: Profile) -> Network:
    """Return the network a vehicle may use: its largest part in which all ways lead back."""
    open_lines = [line for line in lines if any(directions(line.tags, profile))]
    network = Network()
    numbers: dict[Point, int] = {}
    meetings = _meetings(open_lines)
    for line in open_lines:
        onward, back = directions(line.tags, profile)
        for origin, destination, decimetres in _sections(line, meetings, numbers, network):
            if onward:
                network.join(origin, destination, decimetres)
            if back:
                network.join(destination, origin, decimetres)
    return _largest_part(network)


def _meetings(lines: Iterable[Line]) -> frozenset[Point]:
    """Points that must stay: ends, and where lines touch each other or themselves."""
    seen: Counter[Point] = Counter()
    for line in lines:
        seen.update(line.points)
        seen.update((line.points[0], line.points[-1]))
    return frozenset(point for point, count in seen.items() if count > 1)


def _sections(
    line: Line, meetings: frozenset[Point], numbers: dict[Point, int], network: Network
) -> Iterator[tuple[int, int, int]]:
    """Yield the steps along a line."""

    def number(point: Point) -> int:
        if point not in numbers:
            numbers[point] = network.add(point)
        return numbers[point]

    last, passed = number(line.points[0]), 0.0
    for here, there in zip(line.points, line.points[1:], strict=False):
        for place, metres, is_end in _pieces(here, there):
            passed += metres
            if (is_end and place in meetings) or passed >= SPACING_METRES:
                reached = number(place)
                yield last, reached, max(1, round(passed * DECIMETRES))
                last, passed = reached, 0.0


def _pieces(here: Point, there: Point) -> Iterator[tuple[Point, float, bool]]:
    """Cut a straight piece so that no part is longer than the spacing."""
    metres = metres_between(*here, *there)
    count = max(1, -(-int(metres) // int(SPACING_METRES)))
    for part in range(1, count):
        share = part / count
        place = (
            here[0] + (there[0] - here[0]) * share,
            here[1] + (there[1] - here[1]) * share,
        )
        yield place, metres / count, False
    yield there, metres / count, True


def _largest_part(network: Network) -> Network:
    """Keep the points that lead to each other, of several such parts the largest."""
    largest: list[int] = max(_parts(network.steps), key=len, default=[])
    kept = sorted(largest)
    renumbered = {old: new for new, old in enumerate(kept)}
    return Network(
        places=[network.places[old] for old in kept],
        steps=[
            {renumbered[to]: cost for to, cost in network.steps[old].items() if to in renumbered}
            for old in kept
        ],
    )


def _parts(steps: Edges) -> Iterator[list[int]]:
    """Strongly connected parts, by Kosaraju's two walks."""
    backward: list[list[int]] = [[] for _ in steps]
    for origin, targets in enumerate(steps):
        for destination in targets:
            backward[destination].append(origin)
    seen = bytearray(len(steps))
    for start in reversed(_finishing_order(steps)):
        if seen[start]:
            continue
        seen[start] = 1
        part, waiting = [], [start]
        while waiting:
            point = waiting.pop()
            part.append(point)
            fresh = [each for each in backward[point] if not seen[each]]
            for each in fresh:
                seen[each] = 1
            waiting.extend(dict.fromkeys(fresh))
        yield part


def _finishing_order(steps: Sequence[Mapping[int, int]]) -> list[int]:
    order: list[int] = []
    seen = bytearray(len(steps))
    for start in range(len(steps)):
        if seen[start]:
            continue
        seen[start] = 1
        path = [(start, iter(steps[start]))]
        while path:
            point, onward = path[-1]
            following = next((each for each in onward if not seen[each]), None)
            if following is None:
                order.append(point)
                path.pop()
            else:
                seen[following] = 1
                path.append((following, iter(steps[following])))
    return order
