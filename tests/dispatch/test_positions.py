"""Where couriers are: one store's law, kept by rows and by Redis, and what rests on it."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from core.deadlines.loop import fire_due
from core.environment import environment
from core.merchants.distance import box_around
from core.merchants.models import Merchant
from core.people.models import Person
from dispatch.models import CourierShift, TrailPoint
from dispatch.positions import in_redis
from dispatch.positions.in_redis import EVERYBODY, RedisPositions
from dispatch.positions.in_rows import RowPositions
from dispatch.positions.reports import Fix, PositionImpossible
from dispatch.positions.store import PositionStore, positions
from dispatch.positions.trail import ensure_trail_ends
from tests.dispatch import scene
from tests.dispatch.scene import LATITUDE, LONGITUDE, METRES_PER_DEGREE, START


pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HAS_REDIS = os.environ.get("PAIDAN_PASS") == "full"


def fix(metres: float, seconds: float = 60, accuracy: float | None = None) -> Fix:
    """Return a place so many metres north of the shop, so long after the start."""
    at = START + seconds * SECOND
    return Fix(
        latitude=LATITUDE + metres / METRES_PER_DEGREE,
        longitude=LONGITUDE,
        accuracy_metres=accuracy,
        at=at,
        seen_at=at + SECOND,
    )


def rows() -> PositionStore:
    return RowPositions()


def redis() -> PositionStore:
    return RedisPositions(environment().redis_url, behind=RowPositions())


def redis_away() -> PositionStore:
    return RedisPositions("redis://127.0.0.1:9/0", behind=RowPositions())


KINDS = [rows, redis_away, *([redis] if HAS_REDIS else [])]


class TestEveryStore:
    @pytest.fixture(params=KINDS, ids=lambda make: make.__name__)
    def store(self, request: pytest.FixtureRequest, shop: Merchant) -> PositionStore:
        store: PositionStore = request.param()
        return store

    @pytest.fixture
    def somebody(self, store: PositionStore) -> Iterator[Person]:
        somebody = scene.courier(300)
        yield somebody
        store.forget(somebody.pk)

    def test_keeps_what_it_is_told_to_the_microsecond(
        self, store: PositionStore, somebody: Person
    ) -> None:
        told = Fix(
            latitude=31.230123456789012, longitude=-0.000001234567891, accuracy_metres=3.25,
            at=datetime(2026, 3, 2, 4, 1, 2, 345678, UTC),
            seen_at=datetime(2026, 3, 2, 4, 1, 2, 999999, UTC),
        )  # fmt: skip
        assert store.put(somebody.pk, told)
        assert store.get([somebody.pk]) == {somebody.pk: told}

    @pytest.mark.parametrize("seconds", [59.999, 60])
    def test_keeps_nothing_that_is_not_newer(
        self, store: PositionStore, somebody: Person, seconds: float
    ) -> None:
        store.put(somebody.pk, fix(100))
        assert not store.put(somebody.pk, fix(200, seconds))
        assert store.get([somebody.pk])[somebody.pk] == fix(100)

    def test_knows_nobody_it_was_not_told_of(self, store: PositionStore) -> None:
        assert store.get([scene.person().pk]) == {}
        assert store.get([]) == {}

    def test_finds_who_is_in_a_box(self, store: PositionStore, somebody: Person) -> None:
        store.put(somebody.pk, fix(1_500))
        assert somebody.pk in store.inside(box_around(LATITUDE, LONGITUDE, 2_000))
        away = box_around(LATITUDE + 1, LONGITUDE, 2_000)
        assert somebody.pk not in store.inside(away)

    def test_forgets_no_more_than_the_rows_hold(
        self, store: PositionStore, somebody: Person
    ) -> None:
        store.put(somebody.pk, fix(100))
        store.forget(somebody.pk)
        kept = store.get([somebody.pk])[somebody.pk]
        row = CourierShift.objects.get(pk=somebody.pk)
        assert (kept.latitude, kept.at) == (row.latitude, row.position_at)


class TestRedisAway:
    def test_is_left_alone_for_a_while(self, shop: Merchant) -> None:
        store = RedisPositions("redis://127.0.0.1:9/0", behind=RowPositions())
        somebody = scene.courier(300)
        asked: list[int] = []

        def fail() -> None:
            asked.append(1)
            raise ConnectionError

        for _ in range(3):
            assert store._try(fail) is None
        assert len(asked) == 1
        assert store.put(somebody.pk, fix(10))
        assert CourierShift.objects.get(pk=somebody.pk).position_at == fix(10).at


def report(
    somebody: Person, metres: float, seconds: float, *, ago: float = 0, **fields: Any
) -> Any:
    """Report a place north of the shop, as a socket does."""
    now = START + seconds * SECOND
    place = fix(metres)
    return scene.act(
        "courier.report_position",
        somebody,
        now=now,
        latitude=place.latitude,
        longitude=place.longitude,
        at=(now - ago * SECOND).isoformat(),
        **fields,
    )


class TestReport:
    def test_refuses_a_jump_in_words(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        with pytest.raises(PositionImpossible) as refused:
            report(somebody, 9_000, 5)
        problem = refused.value.problem()
        assert (problem["status"], problem["code"]) == (422, "position_impossible")

    def test_samples_the_trail_and_the_row_every_fifteen_seconds(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        for seconds in range(5, 65, 5):
            assert report(somebody, 300 + seconds, seconds)["stored"]
        points = TrailPoint.objects.filter(courier=somebody).order_by("at")
        assert [(point.at - START) / SECOND for point in points] == [5, 20, 35, 50]
        row = CourierShift.objects.get(pk=somebody.pk)
        assert row.position_at is not None
        assert (row.position_at - START) / SECOND >= 50

    def test_asks_who_is_near_now_and_not_who_was(self, shop: Merchant) -> None:
        scene.courier(1_000)
        second = scene.courier(1_900)
        report(second, 1_900, 5)
        report(second, 1_500, 10)  # not sampled
        report(second, 900, 19)
        scene.leg(shop, now=START + 19 * SECOND)
        scene.run(START + 19 * SECOND)
        assert [offer.courier for offer in scene.open_offers()] == [second]


class TestBatch:
    def batch(self, somebody: Person, points: Sequence[tuple[float, float]], now: float) -> Any:
        return scene.act(
            "courier.report_positions",
            somebody,
            now=START + now * SECOND,
            positions=[
                {
                    "latitude": fix(metres).latitude,
                    "longitude": LONGITUDE,
                    "at": (START + seconds * SECOND).isoformat(),
                }
                for metres, seconds in points
            ],
        )

    def test_takes_what_a_tunnel_kept_back(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        points = [(300 + 10.0 * step, 10.0 * step) for step in range(1, 31)]
        answer = self.batch(somebody, points, now=320)
        assert answer == {"stored": 30, "refused": []}
        known = positions().get([somebody.pk])[somebody.pk]
        assert (known.at, known.seen_at) == (START + 300 * SECOND, START + 320 * SECOND)
        assert TrailPoint.objects.filter(courier=somebody).count() == 15

    def test_names_what_is_of_no_use(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        points = [(310, 10), (9_000, 12), (320, 10), (330, 20)]
        assert self.batch(somebody, points, now=30) == {
            "stored": 2,
            "refused": [
                {"index": 1, "code": "position_impossible"},
                {"index": 2, "code": "out_of_order"},
            ],
        }

    def test_changes_nothing_when_it_comes_again(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        points = [(310, 10), (330, 40)]
        self.batch(somebody, points, now=50)
        assert self.batch(somebody, points, now=52)["stored"] == 0
        assert TrailPoint.objects.filter(courier=somebody).count() == 2


class TestTrail:
    def test_is_removed_after_a_week(self, shop: Merchant) -> None:
        somebody = scene.courier(300)
        report(somebody, 300, 5)
        ensure_trail_ends(now=START + timedelta(days=6))
        assert [self.after(days) for days in (6, 8)] == [1, 0]

    def after(self, days: int) -> int:
        """Count the points that are left then."""
        fire_due(now=START + timedelta(days=days))
        return TrailPoint.objects.count()


if HAS_REDIS:

    @pytest.fixture
    def server() -> Iterator["Redis"]:
        server = Redis.from_url(environment().redis_url, decode_responses=True)
        yield server
        server.close()

    class TestRedis:
        def test_keeps_reports_between_two_samples(
            self, shop: Merchant, django_assert_max_num_queries: Any
        ) -> None:
            somebody = scene.courier(300)
            report(somebody, 300, 5)
            with django_assert_max_num_queries(1):
                assert report(somebody, 350, 9)["stored"]
            row = CourierShift.objects.get(pk=somebody.pk)
            assert row.position_at == START + 5 * SECOND

        def test_may_be_flushed_at_any_time(self, shop: Merchant, server: "Redis") -> None:
            somebody = scene.courier(900)
            report(somebody, 900, 5)
            report(somebody, 950, 10)
            server.delete(f"paidan:courier:{somebody.pk}", EVERYBODY)
            scene.leg(shop, now=START + 11 * SECOND)
            scene.run(START + 11 * SECOND)
            assert [offer.courier for offer in scene.open_offers()] == [somebody]
            report(somebody, 800, 15)
            assert positions().get([somebody.pk])[somebody.pk].at == START + 15 * SECOND

        def test_ends_what_nobody_reports_any_more(self, shop: Merchant, server: "Redis") -> None:
            somebody = scene.courier(300)
            report(somebody, 300, 5)
            left = server.ttl(f"paidan:courier:{somebody.pk}")
            assert 0 < left <= in_redis.KEPT.total_seconds()
            server.delete(f"paidan:courier:{somebody.pk}")
            positions().inside(box_around(LATITUDE, LONGITUDE, 500))
            assert server.zscore(EVERYBODY, str(somebody.pk)) is None
