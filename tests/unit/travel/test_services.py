"""OSRM and Valhalla over HTTP, against a sandbox that takes only what they would."""

from collections.abc import Callable, Iterator

import pytest
import urllib3

from core.merchants.distance import metres_between
from dispatch.policy import Vehicle
from dispatch.travel import http
from dispatch.travel.model import Service, ServiceUnavailable, Way
from dispatch.travel.osrm import Osrm
from dispatch.travel.valhalla import Valhalla
from tests.unit.travel import routing_server as sandbox


HERE, THERE, SOUTH = (57.70, 11.97), (57.71, 11.99), (-1.0, 11.97)
Make = Callable[[str], Service]


@pytest.fixture
def server() -> Iterator[sandbox.RoutingServer]:
    with sandbox.routing_server() as server:
        yield server


@pytest.mark.parametrize("make", [Osrm, Valhalla])
class TestService:
    @pytest.mark.parametrize("vehicle", Vehicle)
    def test_tells_every_way_in_its_place(
        self, server: sandbox.RoutingServer, make: Make, vehicle: Vehicle
    ) -> None:
        ((here, there),) = make(server.url).matrix([HERE], [HERE, THERE], vehicle)
        metres = metres_between(*HERE, *THERE) * sandbox.DETOUR
        assert here == Way(0, 0)
        assert there is not None
        assert there.metres == pytest.approx(metres, abs=1)
        assert there.minutes == pytest.approx(metres / sandbox.METRES_PER_SECOND / 60, abs=0.01)

    def test_tells_where_there_is_no_way(self, server: sandbox.RoutingServer, make: Make) -> None:
        rows = make(server.url).matrix([HERE, THERE], [SOUTH, THERE], Vehicle.CAR)
        assert [[way is None for way in row] for row in rows] == [[True, False], [True, False]]

    def test_takes_as_many_points_as_it_says(
        self, server: sandbox.RoutingServer, make: Make
    ) -> None:
        service = make(server.url)
        points = [(57.70 + number / 10_000, 11.97) for number in range(service.most_points)]
        rows = service.matrix(points, points, Vehicle.CAR)
        assert {len(row) for row in rows} == {len(points)} == {len(rows)}

    def test_is_refused_what_the_service_refuses(
        self, server: sandbox.RoutingServer, make: Make
    ) -> None:
        service = make(server.url)
        points = [(57.70, 11.97)] * (service.most_points + 1)
        with pytest.raises(ServiceUnavailable, match="answered 400"):
            service.matrix(points, points, Vehicle.CAR)

    @pytest.mark.parametrize("fault", ["status", "nonsense", "other_points"])
    def test_believes_no_other_answer(
        self, server: sandbox.RoutingServer, make: Make, fault: str
    ) -> None:
        server.fault = fault
        with pytest.raises(ServiceUnavailable):
            make(server.url).matrix([HERE, THERE], [THERE], Vehicle.CAR)

    def test_waits_no_longer_than_its_timeout(
        self, server: sandbox.RoutingServer, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=0.05), retries=False)
        monkeypatch.setattr(http, "_pool", pool)
        server.fault = "silence"
        with pytest.raises(ServiceUnavailable, match="no answer"):
            make(server.url).matrix([HERE], [THERE], Vehicle.CAR)
        pool.clear()

    def test_is_not_there(self, make: Make) -> None:
        with pytest.raises(ServiceUnavailable, match="no answer"):
            make("http://127.0.0.1:9").matrix([HERE], [THERE], Vehicle.CAR)

    def test_reads_no_endless_answer(
        self, server: sandbox.RoutingServer, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http, "MOST_BYTES", 10)
        with pytest.raises(ServiceUnavailable, match="too much"):
            make(server.url).matrix([HERE], [THERE], Vehicle.CAR)


class TestOsrm:
    def test_asks_the_server_of_the_profile(self, server: sandbox.RoutingServer) -> None:
        url = server.url.replace("127.0.0.1", "{profile}").replace("{profile}", "127.0.0.1")
        Osrm(url).matrix([HERE], [THERE], Vehicle.BICYCLE)
        assert server.questions[0].startswith("GET /table/v1/bike/11.970000,57.700000;")
        with pytest.raises(ServiceUnavailable, match=r"foot\.invalid"):
            Osrm("http://{profile}.invalid").matrix([HERE], [THERE], Vehicle.WALK)
