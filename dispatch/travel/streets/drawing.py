"""A city's streets as a map draws them: lines by class of road, small enough for a telephone.

The file is gzip over bytes: the names, then of each class its lines. Numbers are varints (seven
bits a byte, the low ones first). The names: how many bytes they take, and they, one a line. A
class: how many lines; a line: the number of its name (0: none), how many points, and the points
as zigzag differences to the point before, north and east, in 1/100,000 of a degree.
"""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final, TypeAlias

from dispatch.travel.streets.nearest import METRES_PER_DEGREE
from dispatch.travel.streets.network import Line


PER_DEGREE: Final = 100_000
TOLERANCE_METRES: Final = 2.0
"""How far a point may lie beside a line that leaves it out: nobody sees that."""
CLASSES: Final = (
    frozenset({"motorway", "motorway_link", "trunk", "trunk_link"}),
    frozenset({"primary", "primary_link", "secondary", "secondary_link"}),
    frozenset({"tertiary", "tertiary_link"}),
    frozenset({"residential", "unclassified", "living_street", "road", "pedestrian"}),
    frozenset({"service"}),
    frozenset({"footway", "path", "cycleway", "track", "steps", "bridleway"}),
)
"""The widest first; what is in none is not drawn."""
NAMED: Final = 4
"""So many classes show their names."""

Dot: TypeAlias = tuple[int, int]
"""North and east in units of the file."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One line as it is drawn."""

    name: str
    dots: tuple[Dot, ...]


def strokes(lines: Iterable[Line]) -> list[list[Stroke]]:
    """Return what each class draws, neighbours near each other."""
    found: list[list[Stroke]] = [[] for _ in CLASSES]
    for line in lines:
        rank = _rank(line)
        if rank is None:
            continue
        dots = _simplified([_dot(*point) for point in line.points])
        if len(dots) > 1:
            name = line.tags.get("name", "") if rank < NAMED else ""
            found[rank].append(Stroke(name, tuple(dots)))
    return [sorted(each, key=lambda stroke: _cell(stroke.dots[0])) for each in found]


def pack_map(classes: Sequence[Sequence[Stroke]]) -> bytes:
    """Return the file."""
    names = sorted({stroke.name for each in classes for stroke in each} - {""})
    numbers = {name: number for number, name in enumerate(["", *names])}
    text = "\n".join(names).encode()
    packed = bytearray([*_varint(len(text)), *text])
    north = east = 0
    for each in classes:
        packed.extend(_varint(len(each)))
        for stroke in each:
            packed.extend([*_varint(numbers[stroke.name]), *_varint(len(stroke.dots))])
            for dot in stroke.dots:
                packed.extend([*_zigzag(dot[0] - north), *_zigzag(dot[1] - east)])
                north, east = dot
    return gzip.compress(bytes(packed), mtime=0)


def bounds(classes: Sequence[Sequence[Stroke]]) -> tuple[float, float, float, float]:
    """Return south, west, north and east of all that is drawn, in degrees."""
    dots = [dot for each in classes for stroke in each for dot in stroke.dots]
    norths, easts = [dot[0] for dot in dots], [dot[1] for dot in dots]
    south, west, north, east = min(norths), min(easts), max(norths), max(easts)
    return south / PER_DEGREE, west / PER_DEGREE, north / PER_DEGREE, east / PER_DEGREE


def _rank(line: Line) -> int | None:
    highway = line.tags.get("highway")
    rank = next((rank for rank, each in enumerate(CLASSES) if highway in each), None)
    is_hidden = line.tags.get("tunnel") == "yes" and rank == 0
    return None if is_hidden else rank


def _dot(latitude: float, longitude: float) -> Dot:
    return round(latitude * PER_DEGREE), round(longitude * PER_DEGREE)


def _cell(dot: Dot) -> tuple[int, int]:
    """Strips of about 500 m, walked to and fro."""
    strip = dot[0] // 500
    return strip, dot[1] if strip % 2 else -dot[1]


def _simplified(dots: list[Dot]) -> list[Dot]:
    """Leave out what nobody sees, after Douglas and Peucker."""
    if len(dots) < 3:  # noqa: PLR2004  there is nothing between two
        return dots
    offs = [_metres_off(dot, dots[0], dots[-1]) for dot in dots[1:-1]]
    furthest = max(range(len(offs)), key=offs.__getitem__) + 1
    if offs[furthest - 1] <= TOLERANCE_METRES:
        return [dots[0], dots[-1]] if dots[0] != dots[-1] else dots[:1]
    return _simplified(dots[: furthest + 1])[:-1] + _simplified(dots[furthest:])


def _metres_off(dot: Dot, start: Dot, end: Dot) -> float:
    """Distance from the piece between two dots."""
    squeeze = cos(radians(start[0] / PER_DEGREE))
    north, east = end[0] - start[0], (end[1] - start[1]) * squeeze
    up, right = dot[0] - start[0], (dot[1] - start[1]) * squeeze
    length = north * north + east * east
    share = min(1.0, max(0.0, (up * north + right * east) / length)) if length else 0.0
    off = hypot(up - share * north, right - share * east)
    return off / PER_DEGREE * METRES_PER_DEGREE


def _zigzag(number: int) -> Iterator[int]:
    return _varint(number * 2 if number >= 0 else -number * 2 - 1)


def _varint(number: int) -> Iterator[int]:
    while number > 0x7F:  # noqa: PLR2004  seven bits
        yield number & 0x7F | 0x80
        number >>= 7
    yield number
