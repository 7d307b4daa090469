"""Who is nearest, and the plan's times, by whichever source of travel times there is."""

from collections.abc import Iterator

import pytest

from core.environment import Environment
from core.merchants.models import Merchant
from dispatch.policy import Vehicle
from dispatch.travel.model import Point, Way
from dispatch.travel.selection import choose_travel
from dispatch.travel.travel import Travel
from dispatch.zones.picture import new_roads, read_picture
from dispatch.zones.queries import get_policy
from tests.dispatch import scene
from tests.dispatch.scene import START
from tests.unit.travel.routing_server import RoutingServer, routing_server


pytestmark = pytest.mark.django_db


class River:
    """An engine of a town where the north bank is an hour away."""

    def way(self, origin: Point, destination: Point, vehicle: Vehicle) -> Way | None:
        is_north = origin[0] > destination[0]
        return Way(60.0, 9_000.0) if is_north else None


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RoutingServer]:
    with routing_server() as server:
        env = Environment.model_validate({"travel": "osrm", "travel_url": server.url})
        service = choose_travel(env)
        for module in ("picture", "ways"):
            monkeypatch.setattr(f"dispatch.zones.{module}.travel", lambda: service)
        yield server


class TestLadder:
    def test_asks_who_is_there_first_by_the_streets(
        self, shop: Merchant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dispatch.search.travel", lambda: Travel(engine=River()))
        _near, far = scene.courier(200), scene.courier(-900)
        scene.leg(shop)
        scene.run(START)
        assert [offer.courier for offer in scene.open_offers()] == [far]


class TestPlan:
    def test_asks_the_service_for_all_ways_before_it_looks(
        self, shop: Merchant, server: RoutingServer
    ) -> None:
        scene.courier(300)
        scene.leg(shop)
        policy = get_policy(shop.zone_id)
        picture = read_picture(shop.zone_id, policy, roads=new_roads(), now=START)
        (courier,), (leg,) = picture.zone.couriers, picture.zone.legs
        roads = picture.zone.roads
        minutes = roads.minutes(Vehicle.SCOOTER, roads.point(courier.at), roads.point(leg.pickup))
        assert minutes == pytest.approx(300 * 1.25 / 5 / 60, rel=0.02)
        assert len(server.questions) == 3

    def test_is_not_kept_waiting_by_a_service_that_is_gone(
        self, shop: Merchant, server: RoutingServer
    ) -> None:
        server.fault = "status"
        scene.courier(300)
        scene.leg(shop)
        policy = get_policy(shop.zone_id)
        for _ in range(3):
            picture = read_picture(shop.zone_id, policy, roads=new_roads(), now=START)
        (courier,), (leg,) = picture.zone.couriers, picture.zone.legs
        roads = picture.zone.roads
        minutes = roads.minutes(Vehicle.SCOOTER, roads.point(courier.at), roads.point(leg.pickup))
        assert minutes == pytest.approx(300 * 1.3 / 350, rel=0.02)
        assert len(server.questions) == 3
