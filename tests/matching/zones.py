"""Small zones: on a grid where one step takes a minute, by hand and by chance."""

from collections.abc import Sequence

from hypothesis import strategies as st

from dispatch.matching import Courier, Demand, Leg, Point, Roads, Weights, Zone
from dispatch.policy import Vehicle


SHOPS = {"noodles": (0.0, 0.0), "tea": (10.0, 0.0), "buns": (3.0, 12.0)}
SPEEDS = {Vehicle.WALK: 3.0, Vehicle.BICYCLE: 1.5, Vehicle.SCOOTER: 1.0, Vehicle.CAR: 1.0}


def travel(origin: Point, destination: Point, vehicle: Vehicle) -> float:
    steps = abs(origin[0] - destination[0]) + abs(origin[1] - destination[1])
    return steps * SPEEDS[vehicle]


def many_to_one(origins: Sequence[Point], destination: Point, vehicle: Vehicle) -> list[float]:
    return [travel(origin, destination, vehicle) for origin in origins]


def leg(name: str, shop: str = "noodles", to: Point = (5.0, 5.0), ready_at: float = 10.0) -> Leg:
    return Leg(
        id=name,
        shop=shop,
        pickup=SHOPS[shop],
        dropoff=to,
        placed_at=0.0,
        ready_at=ready_at,
        promised_at=40.0,
    )


def courier(name: str, at: Point = (0.0, 3.0), free_at: float = 0.0) -> Courier:
    return Courier(id=name, at=at, free_at=free_at, shift_ends_at=240.0, capacity=3)


def zone(couriers: Sequence[Courier], legs: Sequence[Leg], now: float = 0.0) -> Zone:
    return Zone(now=now, couriers=tuple(couriers), legs=tuple(legs), roads=Roads(travel))


POINTS = st.tuples(
    st.integers(0, 15).map(float),
    st.integers(0, 15).map(float),
)
MOMENTS = st.integers(0, 60).map(float)
COURIER_IDS = [f"c{number}" for number in range(5)]


@st.composite
def legs_named(draw: st.DrawFn, name: str, shop: str | None = None) -> Leg:
    shop = shop or draw(st.sampled_from(sorted(SHOPS)))
    placed_at = draw(MOMENTS)
    return Leg(
        id=name,
        shop=shop,
        pickup=SHOPS[shop],
        dropoff=draw(POINTS),
        placed_at=placed_at,
        ready_at=placed_at + draw(st.integers(0, 30)),
        promised_at=placed_at + 40,
        pinned_to=draw(st.sampled_from([None, None, None, *COURIER_IDS])),
        excluded=draw(st.frozensets(st.sampled_from(COURIER_IDS), max_size=2)),
        vehicles=draw(st.frozensets(st.sampled_from(sorted(Vehicle)), min_size=2)),
    )


@st.composite
def couriers_named(draw: st.DrawFn, name: str) -> Courier:
    """Some of them have accepted a trip and are on their way to its shop."""
    capacity = draw(st.integers(0, 4))
    shop = draw(st.sampled_from([None, None, *sorted(SHOPS)]))
    accepted = draw(st.integers(1, capacity)) if shop and capacity else 0
    committed = tuple(draw(legs_named(f"{name}-{number}", shop)) for number in range(accepted))
    return Courier(
        id=name,
        at=SHOPS[shop] if shop else draw(POINTS),
        free_at=draw(MOMENTS),
        shift_ends_at=draw(st.integers(30, 200).map(float)),
        capacity=capacity,
        vehicle=draw(st.sampled_from(sorted(Vehicle))),
        committed=(committed,) if committed else (),
    )


@st.composite
def zones(draw: st.DrawFn) -> Zone:
    couriers = [draw(couriers_named(name)) for name in COURIER_IDS[: draw(st.integers(0, 5))]]
    legs = [draw(legs_named(f"leg-{number}")) for number in range(draw(st.integers(0, 9)))]
    return Zone(
        now=draw(MOMENTS),
        couriers=tuple(couriers),
        legs=tuple(legs),
        roads=Roads(travel, draw(st.sampled_from([None, many_to_one]))),
        weights=Weights(away_minute=draw(st.sampled_from([0.0, 0.2]))),
        demand=tuple(Demand(shop=name, at=at, weight=1.0) for name, at in SHOPS.items()),
    )
