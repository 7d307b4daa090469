"""Streets: drawn lines become a network, and every way through it is the shortest."""

import json
from heapq import heappop, heappush
from io import StringIO
from itertools import pairwise
from math import inf
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as some

from core.merchants.distance import metres_between
from dispatch.policy import Vehicle
from dispatch.travel.streets.contraction import contract
from dispatch.travel.streets.engine import StreetGraph
from dispatch.travel.streets.file import UnreadableStreets, pack_city, read_city, write_city
from dispatch.travel.streets.hierarchy import Climber
from dispatch.travel.streets.nearest import Nearest
from dispatch.travel.streets.network import SPACING_METRES, Line, Network, build_network
from dispatch.travel.streets.profiles import PROFILES, directions


STEP = 0.0003
"""Degrees of latitude: 33 m."""


def street(*places: tuple[int, int], **tags: str) -> Line:
    """Draw a line through a grid."""
    points = tuple((57 + north * STEP, 12 + east * STEP) for north, east in places)
    return Line(points, {"highway": "residential", **tags})


def dijkstra(network: Network, start: int) -> list[float]:
    """Find all shortest ways the slow way."""
    found = [inf] * len(network.places)
    found[start] = 0
    waiting = [(0.0, start)]
    while waiting:
        passed, point = heappop(waiting)
        for following, cost in network.steps[point].items():
            if passed + cost < found[following]:
                found[following] = passed + cost
                heappush(waiting, (found[following], following))
    return found


class TestProfiles:
    @pytest.mark.parametrize(
        ("vehicle", "tags", "ways"),
        [
            (Vehicle.CAR, {"highway": "residential"}, (True, True)),
            (Vehicle.CAR, {"highway": "residential", "oneway": "yes"}, (True, False)),
            (Vehicle.CAR, {"highway": "residential", "oneway": "-1"}, (False, True)),
            (Vehicle.CAR, {"highway": "tertiary", "junction": "roundabout"}, (True, False)),
            (Vehicle.CAR, {"highway": "motorway"}, (True, False)),
            (Vehicle.SCOOTER, {"highway": "motorway"}, (False, False)),
            (Vehicle.CAR, {"highway": "footway"}, (False, False)),
            (Vehicle.CAR, {"highway": "service", "access": "private"}, (False, False)),
            (Vehicle.CAR, {"highway": "service", "motor_vehicle": "no"}, (False, False)),
            (Vehicle.WALK, {"highway": "service", "access": "no", "foot": "yes"}, (True, True)),
            (Vehicle.WALK, {"highway": "residential", "oneway": "yes"}, (True, True)),
            (Vehicle.WALK, {"highway": "steps"}, (True, True)),
            (Vehicle.BICYCLE, {"highway": "steps"}, (False, False)),
            (Vehicle.BICYCLE, {"highway": "cycleway"}, (True, True)),
            (Vehicle.WALK, {"highway": "construction"}, (False, False)),
        ],
    )
    def test_say_who_may_go_where(
        self, vehicle: Vehicle, tags: dict[str, str], ways: tuple[bool, bool]
    ) -> None:
        assert directions(tags, PROFILES[vehicle]) == ways


class TestNetwork:
    def test_joins_lines_where_they_share_a_point(self) -> None:
        lines = [street((0, 0), (0, 1), (0, 2)), street((0, 1), (1, 1))]
        network = build_network(lines, PROFILES[Vehicle.CAR])
        assert sorted(map(len, network.steps)) == [1, 1, 1, 3]

    def test_keeps_a_point_every_forty_metres(self) -> None:
        network = build_network([street((0, 0), (30, 0))], PROFILES[Vehicle.CAR])
        total = metres_between(*network.places[0], 57 + 30 * STEP, 12)
        costs = [cost for steps in network.steps for cost in steps.values()]
        assert max(costs) <= 400
        assert sum(costs) / 2 / 10 == pytest.approx(total, rel=0.01)

    def test_keeps_the_largest_part_from_which_all_ways_lead_back(self) -> None:
        lines = [
            street((0, 0), (0, 1)), street((0, 1), (0, 9), oneway="yes"), street((5, 5), (5, 6)),
            street((0, 1), (0, 0), (1, 0)),
        ]  # fmt: skip
        network = build_network(lines, PROFILES[Vehicle.CAR])
        assert len(network.places) == 3

    def test_is_empty_without_streets(self) -> None:
        assert build_network([street((0, 0), (0, 1))], PROFILES[Vehicle.CAR]).places
        assert not build_network([street((0, 0), (0, 1), highway="river")],
                                 PROFILES[Vehicle.CAR]).places  # fmt: skip


class TestHierarchy:
    @given(some.integers(2, 40), some.randoms(use_true_random=False))
    def test_finds_the_shortest_way_in_any_network(self, size: int, random: Random) -> None:
        network = Network()
        for number in range(size):
            network.add((57 + number / 1000, 12.0))
        for _ in range(3 * size):
            network.join(random.randrange(size), random.randrange(size), random.randint(1, 50))
        hierarchy = contract(network)
        climber = Climber(hierarchy)
        numbers = {place: number for number, place in enumerate(hierarchy.places)}
        for start, place in enumerate(network.places):
            here = numbers[place]
            found = [climber.decimetres(here, numbers[there]) for there in network.places]
            assert [inf if each is None else each for each in found] == dijkstra(network, start)

    def test_keeps_to_one_way_streets(self) -> None:
        ring = [street((0, 0), (0, 4), oneway="yes"), street((0, 4), (4, 4), (4, 0), (0, 0))]
        network = build_network(ring, PROFILES[Vehicle.CAR])
        hierarchy = contract(network)
        nearest, climber = Nearest(hierarchy.places), Climber(hierarchy)
        corner, end = (nearest.find((57, 12 + east * STEP)) for east in (0, 4))
        assert corner is not None
        assert end is not None
        onward = climber.decimetres(corner[0], end[0])
        back = climber.decimetres(end[0], corner[0])
        assert onward is not None
        assert back is not None
        assert onward < 800
        assert back > 2000


class TestNearest:
    @given(some.randoms(use_true_random=False))
    def test_finds_the_nearest_of_all(self, random: Random) -> None:
        def place() -> tuple[float, float]:
            return 57 + random.random() * 0.01, 12 + random.random() * 0.01

        places, asked = [place() for _ in range(50)], place()
        best = min(metres_between(*asked, *each) for each in places)
        found = Nearest(places).find(asked)
        assert (found is None and best > 300) or (
            found is not None and found[1] == pytest.approx(best, abs=1)
        )

    def test_finds_nothing_far_away(self) -> None:
        assert Nearest([(57.0, 12.0)]).find((57.1, 12.0)) is None
        assert Nearest([]).find((57.1, 12.0)) is None


def collection(*lines: Line) -> dict[str, Any]:
    """Return lines as a map has them."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": line.tags,
                "geometry": {
                    "type": "LineString",
                    "coordinates": [[east, north] for north, east in line.points],
                },
            }
            for line in lines
        ],
    }


class TestFile:
    def test_is_built_from_a_map(self, tmp_path: Path) -> None:
        source, built = tmp_path / "map.geojson", tmp_path / "city.streets"
        source.write_text(json.dumps(collection(street((0, 0), (0, 20), (20, 20)))))
        call_command("build_streets", source, built, name="Small", stdout=StringIO())
        graph = StreetGraph(built)
        way = graph.way((57, 12), (57 + 20 * STEP, 12 + 20 * STEP), Vehicle.BICYCLE)
        assert graph.city.name == "Small"
        assert way is not None
        straight = metres_between(57, 12, 57, 12 + 20 * STEP) + 20 * STEP * 111_195
        assert way.metres == pytest.approx(straight, rel=0.01)
        assert way.minutes == pytest.approx(way.metres / 220)

    @pytest.mark.parametrize("text", ["", "[]", '{"features": [{}]}', '{"features": []}'])
    def test_is_not_built_of_anything_else(self, tmp_path: Path, text: str) -> None:
        source = tmp_path / "map.geojson"
        source.write_text(text)
        with pytest.raises(CommandError):
            call_command("build_streets", source, tmp_path / "city", name="None")

    def test_is_refused_when_it_is_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "city.streets"
        network = build_network([street((0, 0), (0, 20))], PROFILES[Vehicle.CAR])
        write_city(pack_city("Small", "©", {Vehicle.CAR: contract(network)}), path)
        whole = path.read_bytes()
        path.write_bytes(whole[:-4])
        with pytest.raises(UnreadableStreets, match="4 bytes longer"):
            read_city(path)
        path.write_bytes(whole[:-4] + b"wrong"[:4])
        with pytest.raises(UnreadableStreets, match="are broken"):
            StreetGraph(path).way((57, 12), (57, 12.001), Vehicle.CAR)

    def test_knows_no_vehicle_it_does_not_hold(self, tmp_path: Path) -> None:
        path = tmp_path / "city.streets"
        network = build_network([street((0, 0), (0, 20))], PROFILES[Vehicle.CAR])
        write_city(pack_city("Small", "©", {Vehicle.CAR: contract(network)}), path)
        assert StreetGraph(path).way((57, 12), (57, 12.001), Vehicle.WALK) is None


class TestGothenburg:
    graph = StreetGraph()

    @pytest.mark.parametrize(("vehicle", "metres"), [(Vehicle.WALK, 1600), (Vehicle.CAR, 1600)])
    def test_leads_from_the_station_to_the_avenue(self, vehicle: Vehicle, metres: int) -> None:
        station, avenue = (57.7087, 11.9733), (57.6979, 11.9786)
        way = self.graph.way(station, avenue, vehicle)
        assert way is not None
        assert metres_between(*station, *avenue) < way.metres < 2 * metres

    def test_is_never_shorter_than_the_straight_line(self) -> None:
        random = Random(7)
        points = [
            (57.69 + random.random() * 0.03, 11.93 + random.random() * 0.08) for _ in range(20)
        ]
        for vehicle in Vehicle:
            ways = [
                (here, there, self.graph.way(here, there, vehicle))
                for here in points
                for there in points
            ]
            known = [(here, there, way) for here, there, way in ways if way is not None]
            assert len(known) > 200
            assert all(
                way.metres >= metres_between(*here, *there) * 0.99 for here, there, way in known
            )

    def test_says_whose_data_it_is(self) -> None:
        assert self.graph.city.attribution == "© OpenStreetMap contributors, ODbL 1.0"

    def test_knows_nothing_elsewhere(self) -> None:
        assert self.graph.way((30.657, 104.066), (30.66, 104.07), Vehicle.SCOOTER) is None

    def test_traces_what_it_measures(self) -> None:
        random = Random(11)
        points = [
            (57.69 + random.random() * 0.03, 11.93 + random.random() * 0.08) for _ in range(12)
        ]
        for vehicle in (Vehicle.SCOOTER, Vehicle.WALK):
            for here, there in pairwise(points):
                route = self.graph.route(here, there, vehicle)
                way = self.graph.way(here, there, vehicle)
                assert route
                assert way
                passed = sum(metres_between(*one, *other) for one, other in pairwise(route))
                ends = metres_between(*here, *route[0]) + metres_between(*there, *route[-1])
                # Between its points a street may bend.
                assert passed + 1.3 * ends <= way.metres * 1.001 + 5
                assert passed + 1.3 * ends >= way.metres * 0.9
                longest = max(metres_between(*one, *other) for one, other in pairwise(route))
                assert longest <= 2 * SPACING_METRES

    def test_traces_nothing_where_there_are_no_streets(self) -> None:
        assert self.graph.route((31.23, 121.47), (31.24, 121.48), Vehicle.SCOOTER) is None

    def test_traces_a_way_that_ends_where_it_begins(self) -> None:
        station = (57.7087, 11.9733)
        route = self.graph.route(station, station, Vehicle.WALK)
        assert route is not None
        assert len(route) == 1
