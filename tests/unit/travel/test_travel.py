"""The dispatcher's one question, and who answers it."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.environment import Environment
from dispatch.policy import Vehicle
from dispatch.travel import travel as module
from dispatch.travel.breaker import Breaker
from dispatch.travel.model import Matrix, Point, ServiceUnavailable, Way
from dispatch.travel.selection import choose_travel
from dispatch.travel.straight import StraightLine
from dispatch.travel.travel import Travel
from tests.unit.travel.routing_server import DETOUR, RoutingServer, routing_server


HERE, THERE, GOTHENBURG = (57.70, 11.97), (57.71, 11.99), (57.7045, 11.9716)
STRAIGHT = StraightLine().way(HERE, THERE, Vehicle.CAR)


class Fake:
    """A service that knows one way everywhere, or fails."""

    most_points = 3

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.fails = False

    def matrix(
        self, origins: Sequence[Point], destinations: Sequence[Point], vehicle: Vehicle
    ) -> Matrix:
        self.asked.append((len(origins), len(destinations)))
        if self.fails:
            raise ServiceUnavailable("down")
        return [[Way(7.0, 900.0)] * len(destinations) for _ in origins]


class TestWithoutAnything:
    def test_is_the_straight_line_with_a_detour(self) -> None:
        assert Travel().way(HERE, THERE, Vehicle.CAR) == STRAIGHT
        assert Travel().minutes(HERE, HERE, Vehicle.WALK) == 0


class TestWithAService:
    def test_never_asks_by_itself(self) -> None:
        service = Fake()
        assert Travel(service=service).way(HERE, THERE, Vehicle.CAR) == STRAIGHT
        assert service.asked == []

    def test_knows_what_was_prepared(self) -> None:
        travel = Travel(service=Fake())
        travel.prepare([HERE], [THERE], Vehicle.CAR)
        assert travel.way(HERE, THERE, Vehicle.CAR) == Way(7.0, 900.0)
        assert travel.way(HERE, THERE, Vehicle.WALK).metres == STRAIGHT.metres

    def test_asks_once_for_the_same(self) -> None:
        service = Fake()
        travel = Travel(service=service)
        for _ in range(3):
            travel.prepare([HERE, HERE], [THERE], Vehicle.CAR)
        assert service.asked == [(1, 1)]

    def test_asks_no_more_at_a_time_than_the_service_takes(self) -> None:
        service = Fake()
        points = [(50.0 + number, 10.0) for number in range(7)]
        Travel(service=service).prepare(points, points, Vehicle.CAR)
        assert len(service.asked) == 9
        assert max(max(pair) for pair in service.asked) == 3

    def test_asks_again_when_the_answer_is_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        service = Fake()
        travel = Travel(service=service)
        travel.prepare([HERE], [THERE], Vehicle.CAR)
        monkeypatch.setattr(module, "KEPT_SECONDS", 0.0)
        assert travel.way(HERE, THERE, Vehicle.CAR) == STRAIGHT
        travel.prepare([HERE], [THERE], Vehicle.CAR)
        assert len(service.asked) == 2

    def test_takes_no_longer_than_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "PREPARE_SECONDS", -1.0)
        service = Fake()
        Travel(service=service).prepare([HERE], [THERE], Vehicle.CAR)
        assert service.asked == []

    def test_forgets_what_is_too_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "KEPT_WAYS", 2)
        travel = Travel(service=Fake())
        travel.prepare([(1, 1), (2, 2), (3, 3)], [THERE], Vehicle.CAR)
        known = [travel.way(each, THERE, Vehicle.CAR) == Way(7, 900) for each in [(1, 1), (3, 3)]]
        assert known == [False, True]


class TestWithAServiceThatFails:
    def test_is_the_straight_line(self) -> None:
        service = Fake()
        service.fails = True
        travel = Travel(service=service)
        travel.prepare([HERE], [THERE], Vehicle.CAR)
        assert travel.way(HERE, THERE, Vehicle.CAR) == STRAIGHT

    def test_is_spared_after_three_failures(self) -> None:
        service = Fake()
        service.fails = True
        travel = Travel(service=service)
        for _ in range(9):
            travel.prepare([HERE], [THERE], Vehicle.CAR)
        assert len(service.asked) == 3

    def test_is_tried_again_after_a_while(self) -> None:
        service, breaker = Fake(), Breaker(pause_seconds=0.0)
        service.fails = True
        travel = Travel(service=service, breaker=breaker)
        for _ in range(4):
            travel.prepare([HERE], [THERE], Vehicle.CAR)
        was_open = breaker.is_open
        service.fails = False
        travel.prepare([HERE], [THERE], Vehicle.CAR)
        assert (was_open, breaker.is_open) == (True, False)
        assert travel.way(HERE, THERE, Vehicle.CAR) == Way(7.0, 900.0)


class TestBreaker:
    def test_lets_one_trial_through(self) -> None:
        breaker = Breaker(failures=1, pause_seconds=0.0)
        breaker.failed()
        breaker._pause_seconds = 60.0
        allowed: list[bool] = []
        threads = [
            threading.Thread(target=lambda: allowed.append(breaker.may_ask())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(allowed) == [False] * 7 + [True]


def env(**settings: str) -> Environment:
    """Return the environment with these settings, whatever the machine has."""
    return Environment.model_validate(settings)


class TestChoice:
    @pytest.fixture
    def server(self) -> Iterator[RoutingServer]:
        with routing_server() as server:
            yield server

    @pytest.mark.parametrize("kind", ["osrm", "valhalla"])
    def test_asks_the_service_that_was_named(self, server: RoutingServer, kind: str) -> None:
        travel = choose_travel(env(travel=kind, travel_url=server.url))
        travel.prepare([HERE], [THERE], Vehicle.SCOOTER)
        straight = StraightLine().way(HERE, THERE, Vehicle.SCOOTER)
        way = travel.way(HERE, THERE, Vehicle.SCOOTER)
        assert way.metres == pytest.approx(straight.metres / 1.3 * DETOUR, rel=0.01)
        assert travel.attribution == "© OpenStreetMap contributors"

    def test_needs_the_address_of_a_service(self) -> None:
        with pytest.raises(ValidationError, match="PAIDAN_TRAVEL_URL"):
            env(travel="osrm")

    def test_searches_the_bundled_streets(self) -> None:
        travel = choose_travel(env(travel="streets"))
        assert travel.way(HERE, GOTHENBURG, Vehicle.CAR).metres > 0
        assert "OpenStreetMap" in travel.attribution

    def test_is_the_straight_line_where_no_streets_are(self) -> None:
        travel = choose_travel(env(travel="streets"))
        chengdu, near = (30.657, 104.066), (30.66, 104.07)
        assert travel.way(chengdu, near, Vehicle.CAR) == StraightLine().way(
            chengdu, near, Vehicle.CAR
        )

    def test_fails_at_once_on_a_file_that_is_none(self, tmp_path: Path) -> None:
        broken = tmp_path / "none.streets"
        broken.write_bytes(b"{}\n")
        with pytest.raises(ValueError, match="holds no streets"):
            choose_travel(env(travel="streets", streets_file=str(broken)))
