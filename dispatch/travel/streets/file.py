"""The file that holds a city's streets, ready to be searched.

One line of JSON tells where the data comes from and how long the packed part of each vehicle is;
then the parts follow. A part is LZMA over 32-bit numbers, little end first: how many points, their
places in millionths of a degree as differences, and of each point the steps up.
"""

import json
import lzma
import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import Final

from dispatch.policy import Vehicle
from dispatch.travel.streets.contraction import Hierarchy, Upward


FORMAT: Final = "paidan-streets-1"
PER_DEGREE: Final = 1_000_000


class UnreadableStreets(ValueError):
    """The file holds no streets, or is broken."""


@dataclass(frozen=True, slots=True)
class City:
    """Streets for each vehicle, packed, and whom to thank for them."""

    name: str
    attribution: str
    """Shown wherever a map or a time made of these streets is."""
    parts: Mapping[Vehicle, bytes]

    def network(self, vehicle: Vehicle) -> Hierarchy | None:
        """Unpack one vehicle's streets, some 40 MB at most for a city; none when it has none.

        :raises UnreadableStreets: when the part is broken.
        """
        part = self.parts.get(vehicle)
        if part is None:
            return None
        try:
            return _unpacked(lzma.decompress(part))
        except (ValueError, EOFError, lzma.LZMAError) as error:
            raise UnreadableStreets(f"the streets for {vehicle} are broken") from error


def pack_city(name: str, attribution: str, networks: Mapping[Vehicle, Hierarchy]) -> City:
    """Pack a city's streets."""
    parts = {
        vehicle: lzma.compress(_packed(network), preset=9) for vehicle, network in networks.items()
    }
    return City(name, attribution, parts)


def write_city(city: City, path: Path) -> None:
    """Store a city's streets."""
    head = {
        "format": FORMAT,
        "name": city.name,
        "attribution": city.attribution,
        "parts": {vehicle.value: len(part) for vehicle, part in city.parts.items()},
    }
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(b"".join([text.encode(), b"\n", *city.parts.values()]))


def read_city(path: Path) -> City:
    """Read a city's streets.

    :raises UnreadableStreets: when the file is none of ours, or too short.
    :raises OSError: when it cannot be opened.
    """
    head_text, _, rest = path.read_bytes().partition(b"\n")
    try:
        head = json.loads(head_text)
        if head["format"] != FORMAT:
            raise UnreadableStreets(f"{path} has format {head['format']!r}, not {FORMAT!r}")
        ends = list(accumulate(head["parts"].values(), initial=0))
        if ends[-1] != len(rest):
            raise UnreadableStreets(f"{path} should be {ends[-1] - len(rest)} bytes longer")
        parts = {
            Vehicle(name): rest[start:end]
            for name, (start, end) in zip(head["parts"], pairwise(ends), strict=True)
        }
        return City(head["name"], head["attribution"], parts)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, UnreadableStreets):
            raise
        raise UnreadableStreets(f"{path} holds no streets") from error


def _packed(hierarchy: Hierarchy) -> bytes:
    numbers = array("i", [len(hierarchy.places)])
    for axis in (0, 1):
        values = [round(place[axis] * PER_DEGREE) for place in hierarchy.places]
        numbers.extend(there - here for here, there in pairwise([0, *values]))
    for steps in (hierarchy.onward, hierarchy.back):
        numbers.extend(len(each) for each in steps)
        numbers.extend(above - point for point, each in enumerate(steps) for above, _ in each)
        numbers.extend(cost for each in steps for _, cost in each)
    return _little_endian(numbers).tobytes()


def _unpacked(packed: bytes) -> Hierarchy:
    numbers: array[int] = array("i")
    numbers.frombytes(packed)
    waiting = iter(_little_endian(numbers))
    count = next(waiting)
    latitudes, longitudes = _axis(waiting, count), _axis(waiting, count)
    return Hierarchy(
        places=list(zip(latitudes, longitudes, strict=True)),
        onward=_steps(waiting, count),
        back=_steps(waiting, count),
    )


def _axis(numbers: Iterator[int], count: int) -> list[float]:
    return [value / PER_DEGREE for value in accumulate(_next(numbers, count))]


def _steps(numbers: Iterator[int], count: int) -> Upward:
    counts = _next(numbers, count)
    rises, costs = (iter(_next(numbers, sum(counts))) for _ in range(2))
    return [
        [(point + next(rises), next(costs)) for _ in range(each)]
        for point, each in enumerate(counts)
    ]


def _next(numbers: Iterator[int], count: int) -> list[int]:
    found = list(islice(numbers, count))
    if len(found) < count:
        raise UnreadableStreets("the file ends too early")
    return found


def _little_endian(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
