"""Flat-earth arithmetic of a small city."""

import pytest

from web.demo.city import CENTRE
from web.demo.geometry import Place


SQUARE = Place(*CENTRE)


class TestPlace:
    def test_is_as_far_as_it_was_moved(self) -> None:
        assert SQUARE.metres_to(SQUARE.moved(east=300, north=400)) == pytest.approx(500, abs=1)

    def test_moves_north_to_higher_latitudes(self) -> None:
        assert SQUARE.moved(east=0, north=100).latitude > SQUARE.latitude

    def test_goes_part_of_the_way(self) -> None:
        door = SQUARE.moved(east=1000, north=0)
        assert SQUARE.towards(door, 250).metres_to(door) == pytest.approx(750, abs=1)

    def test_never_goes_beyond(self) -> None:
        door = SQUARE.moved(east=10, north=0)
        assert SQUARE.towards(door, 250) == door
