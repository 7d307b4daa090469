"""What maps draw of a city: packed small, and nothing of a street lost that an eye would see."""

import gzip
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dispatch.travel.streets.drawing import CLASSES, bounds, pack_map, strokes
from dispatch.travel.streets.network import Line


BUNDLED = Path(__file__).parents[3] / "web" / "src" / "map"
WIDEST_BYTES = 400_000
Read = tuple[list[str], list[list[tuple[str, list[tuple[int, int]]]]]]


def read(packed: bytes) -> Read:
    """Unpack a file as the screens do."""
    numbers = iter(gzip.decompress(packed))

    def varint() -> int:
        number = shift = 0
        while (byte := next(numbers)) > 0x7F:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number | byte << shift

    def signed() -> int:
        number = varint()
        return -(number + 1) // 2 if number % 2 else number // 2

    names = ["", *bytes(next(numbers) for _ in range(varint())).decode().split("\n")]
    place = [0, 0]

    def dots() -> Iterator[tuple[int, int]]:
        for _ in range(varint()):
            place[0] += signed()
            place[1] += signed()
            yield place[0], place[1]

    classes = [[(names[varint()], list(dots())) for _ in range(varint())] for _ in CLASSES]
    assert next(numbers, None) is None
    return names, classes


def line(*points: tuple[float, float], **tags: str) -> Line:
    return Line(points, {"highway": "residential", **tags})


class TestDrawing:
    def test_comes_back_as_it_was_packed(self) -> None:
        here = line((57.7, 11.9), (57.701, 11.9), (57.701, 11.905), name="Storgatan")
        wide = line((57.71, 11.91), (57.72, 11.89), highway="motorway", name="E6")
        _names, classes = read(pack_map(strokes([here, wide])))
        assert classes[0] == [("E6", [(5771000, 1191000), (5772000, 1189000)])]
        assert classes[3] == [
            ("Storgatan", [(5770000, 1190000), (5770100, 1190000), (5770100, 1190500)])
        ]

    def test_leaves_out_points_that_nobody_would_miss(self) -> None:
        bent = line((57.7, 11.9), (57.7005, 11.900001), (57.701, 11.9), (57.701, 11.91))
        _names, classes = read(pack_map(strokes([bent])))
        assert [len(dots) for _name, dots in classes[3]] == [3]

    @pytest.mark.parametrize(
        "tags", [{"highway": "construction"}, {"highway": "motorway", "tunnel": "yes"}]
    )
    def test_draws_no_way_that_is_not_there_to_see(self, tags: dict[str, str]) -> None:
        assert not any(strokes([line((57.7, 11.9), (57.71, 11.9), **tags)]))

    def test_reaches_as_far_as_its_streets(self) -> None:
        assert bounds(strokes([line((57.7, 11.95), (57.71, 11.9))])) == (57.7, 11.9, 57.71, 11.95)


class TestCommand:
    def test_draws_a_map(self, tmp_path: Path) -> None:
        street = {
            "properties": {"highway": "tertiary"},
            "geometry": {"type": "LineString", "coordinates": [[11.9, 57.7], [11.91, 57.7]]},
        }
        source = tmp_path / "map.geojson"
        source.write_text(json.dumps({"features": [street]}))
        call_command("build_map", source, tmp_path, name="Small", stdout=StringIO())
        about = json.loads((tmp_path / "city.json").read_text())
        assert about["bounds"] == [57.7, 11.9, 57.7, 11.91]
        assert [len(each) for each in read((tmp_path / "city.lines").read_bytes())[1]][2] == 1

    @pytest.mark.parametrize("text", ["", "[]", '{"features": []}'])
    def test_draws_nothing_of_anything_else(self, tmp_path: Path, text: str) -> None:
        source = tmp_path / "map.geojson"
        source.write_text(text)
        with pytest.raises(CommandError):
            call_command("build_map", source, tmp_path, name="None")


class TestBundledCity:
    def test_is_small_and_named(self) -> None:
        packed = (BUNDLED / "city.lines").read_bytes()
        names, classes = read(packed)
        assert len(packed) < WIDEST_BYTES
        assert "Kungsgatan" in names
        assert all(classes)

    def test_says_whom_to_thank(self) -> None:
        about = json.loads((BUNDLED / "city.json").read_text())
        assert "OpenStreetMap" in about["attribution"]
        south, west, north, east = about["bounds"]
        assert south < 57.7 < north
        assert west < 11.97 < east
