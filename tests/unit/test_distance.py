"""Distances on the globe, and boxes that hold circles."""

from hypothesis import given
from hypothesis import strategies as st

from core.merchants.distance import box_around, metres_between


latitudes = st.floats(min_value=-70, max_value=70)
longitudes = st.floats(min_value=-170, max_value=170)
nudges = st.floats(min_value=-0.3, max_value=0.3)


class TestDistance:
    def test_of_a_degree_of_latitude(self) -> None:
        assert round(metres_between(31, 121, 32, 121)) == 111_195

    def test_to_itself_is_nothing(self) -> None:
        assert metres_between(31, 121, 31, 121) == 0


class TestBox:
    @given(latitudes, longitudes, nudges, nudges)
    def test_holds_every_point_of_its_circle(
        self, latitude: float, longitude: float, north: float, east: float
    ) -> None:
        metres = metres_between(latitude, longitude, latitude + north, longitude + east)
        box = box_around(latitude, longitude, metres * 1.01 + 1)
        assert box.south <= latitude + north <= box.north
        assert box.west <= longitude + east <= box.east
