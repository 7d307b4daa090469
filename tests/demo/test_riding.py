"""Couriers of the demonstration ride along its streets, and its doors stand at them."""

import pytest

from dispatch.policy import Vehicle
from dispatch.travel.streets.engine import StreetGraph
from web.demo.city import CENTRE, RADIUS_METRES, SHOPS
from web.demo.doors import door_near, doors
from web.demo.geometry import Place
from web.demo.riding import Ride


MIDDLE = Place(*CENTRE)
FAR_AWAY = Place(31.2304, 121.4737)


class TestDoors:
    def test_lie_in_the_zone_and_have_a_name(self) -> None:
        assert all(door.place.metres_to(MIDDLE) < RADIUS_METRES for door in doors())
        assert all(door.street for door in doors())

    def test_are_different_for_every_shop(self) -> None:
        places = [MIDDLE.moved(east=shop.east, north=shop.north) for shop in SHOPS]
        assert len({door_near(place).place for place in places}) == len(SHOPS)

    def test_can_be_reached_from_the_middle(self) -> None:
        graph = StreetGraph()
        for door in doors():
            there = (door.place.latitude, door.place.longitude)
            assert graph.route(CENTRE, there, Vehicle.SCOOTER)


class TestRide:
    def test_comes_to_its_goal_along_the_streets(self) -> None:
        start, goal = doors()[0].place, doors()[-1].place
        ride = Ride(start, goal)
        whole = ride.metres_left(start)
        place, passed = start, 0.0
        while place != goal:
            place = ride.go(place, 29.0)
            passed += 29.0
        assert whole <= passed < whole + 29.0
        assert whole > 1.05 * start.metres_to(goal)

    def test_knows_how_far_it_still_is(self) -> None:
        start, goal = doors()[10].place, doors()[200].place
        ride = Ride(start, goal)
        whole = ride.metres_left(start)
        place = ride.go(start, 100.0)
        assert ride.metres_left(place) == pytest.approx(whole - 100.0, abs=1.0)

    def test_stays_where_it_ends(self) -> None:
        goal = doors()[3].place
        ride = Ride(goal, goal)
        assert ride.go(goal, 50.0) == goal
        assert ride.metres_left(goal) == 0.0

    def test_goes_straight_where_no_streets_are_known(self) -> None:
        there = FAR_AWAY.moved(east=300, north=400)
        ride = Ride(FAR_AWAY, there)
        assert ride.metres_left(FAR_AWAY) == pytest.approx(500, abs=1)
