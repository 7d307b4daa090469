"""Opening, pausing and finding shops."""

from datetime import UTC, datetime, time, timedelta

import pytest

from core.clock import now
from core.deadlines.loop import fire_due
from core.deadlines.models import Deadline
from core.events.facts import SYSTEM
from core.events.queries import get_entries, get_snapshot
from core.events.work import unit_of_work
from core.merchants.models import Merchant, OpeningHours
from core.merchants.queries import Place, get_merchants_near, is_taking_orders
from core.orders.strikes import miss_order
from tests.api.town import LATITUDE, LONGITUDE, Town, shop
from tests.core_merchants.rows import follow


pytestmark = pytest.mark.django_db


class TestSwitch:
    def test_closes_and_opens(self, town: Town) -> None:
        path = f"/merchants/{town.merchant.pk}"
        assert town.staff.post(f"{path}/close").json()["is_open"] is False
        assert town.customer.get(path).json()["is_taking_orders"] is False
        assert town.staff.post(f"{path}/open").json()["is_open"] is True
        assert town.customer.get(path).json()["is_taking_orders"] is True

    def test_already_so_states_nothing(self, town: Town) -> None:
        assert town.staff.post(f"/merchants/{town.merchant.pk}/open").json()["version"] == 1
        assert get_entries(f"merchant:{town.merchant.pk}", after=0) == []

    def test_closed_refuses_orders(self, town: Town) -> None:
        town.staff.post(f"/merchants/{town.merchant.pk}/close")
        with pytest.raises(AssertionError, match="shop_closed"):
            town.place()


class TestPause:
    def test_ends_by_itself(self, town: Town) -> None:
        town.staff.post(f"/merchants/{town.merchant.pk}/pause", {"minutes": 10, "reason": "rush"})
        paused = Merchant.objects.get()
        assert not is_taking_orders(paused, now())
        fire_due(now=now() + timedelta(minutes=11))
        assert Merchant.objects.get().paused_until is None

    def test_is_told_to_the_public_with_its_end(self, town: Town) -> None:
        path = f"/merchants/{town.merchant.pk}"
        town.staff.post(f"{path}/pause", {"minutes": 10})
        town.staff.post(f"{path}/set-busy", {"minutes": 15, "for_minutes": 30})
        told = town.customer.get(path).json()
        assert (told["is_taking_orders"], told["why"]) == (False, "paused")
        assert datetime.fromisoformat(told["again_at"]) > now()
        assert told["preparation_minutes"] == town.merchant.preparation_minutes + 15
        assert told["busy_minutes"] == 15

    def test_resumed_leaves_no_deadline(self, town: Town) -> None:
        town.staff.post(f"/merchants/{town.merchant.pk}/pause")
        town.staff.post(f"/merchants/{town.merchant.pk}/resume")
        assert not Deadline.objects.exists()

    def test_after_missed_orders_ends_by_itself_too(self, town: Town) -> None:
        moment = now()
        for _ in range(3):
            with unit_of_work(now=moment, actor=SYSTEM) as work:
                miss_order(town.merchant.pk, work=work)
        assert Merchant.objects.get().paused_until is not None
        fire_due(now=moment + timedelta(hours=1))
        assert Merchant.objects.get().paused_until is None


class TestBoard:
    def test_replayed_equals_a_fresh_snapshot(self, town: Town) -> None:
        topic = f"merchant:{town.merchant.pk}"
        known = get_snapshot(topic, now=now())
        shop_path, item_path = f"/merchants/{town.merchant.pk}", f"/items/{town.noodles.pk}"
        town.staff.post(f"{shop_path}/pause")
        town.staff.post(f"{item_path}/sold-out")
        town.staff.post(f"{item_path}/restore")
        town.staff.post(f"{item_path}/set-stock", {"stock": 3})
        town.staff.post(f"{shop_path}/resume")
        town.place()
        assert follow(known, topic) == follow(get_snapshot(topic, now=now()), topic)

    def test_is_read_by_staff(self, town: Town) -> None:
        order = town.place()
        board = town.staff.get(f"/merchants/{town.merchant.pk}/orders").json()
        assert [row["d"]["id"] for row in board["rows"]] == [order["id"]]


class TestItem:
    def test_sold_out_cannot_be_quoted(self, town: Town) -> None:
        town.staff.post(f"/items/{town.noodles.pk}/sold-out")
        menu = town.customer.get(f"/merchants/{town.merchant.pk}/menu").json()
        assert menu["items"][0]["is_available"] is False

    def test_with_nothing_left_is_restored_without_limit(self, town: Town) -> None:
        path = f"/items/{town.noodles.pk}"
        assert town.staff.post(f"{path}/set-stock", {"stock": 0}).json()["is_sold_out"] is True
        assert town.staff.post(f"{path}/restore").json()["stock"] is None

    @pytest.mark.parametrize("body", [{}, {"stock": -1}, {"stock": 1.5}, {"stock": "many"}])
    def test_takes_whole_numbers_only(self, town: Town, body: dict[str, object]) -> None:
        assert town.staff.post(f"/items/{town.noodles.pk}/set-stock", body).status_code == 422


class TestHours:
    def test_follow_the_clock_of_the_zone(self, town: Town) -> None:
        OpeningHours.objects.create(
            merchant=town.merchant, weekday=0, opens_at=time(22), closes_at=time(2)
        )
        monday_night_in_shanghai = datetime(2026, 6, 1, 17, tzinfo=UTC)
        assert is_taking_orders(town.merchant, monday_night_in_shanghai)
        assert not is_taking_orders(town.merchant, monday_night_in_shanghai + timedelta(hours=1))


class TestNearby:
    def test_are_measured_and_sorted(self, town: Town) -> None:
        shop(name="Near", latitude=LATITUDE + 0.001)
        shop(name="Far away", latitude=LATITUDE + 1)
        found = get_merchants_near(Place(LATITUDE, LONGITUDE, 2000))
        assert [merchant.name for merchant, _ in found] == ["Noodles", "Near"]
        assert round(found[1][1]) == 111

    def test_need_both_coordinates(self, town: Town) -> None:
        answer = town.customer.get("/merchants", latitude=31)
        assert (answer.status_code, answer.json()["code"]) == (422, "half_a_place")

    def test_all_come_page_by_page(self, town: Town) -> None:
        shop(), shop()
        seen, after = [], None
        for _ in range(3):
            query = {"limit": 1} | ({"after": after} if after else {})
            page = town.customer.get("/merchants", **query).json()
            seen += [merchant["id"] for merchant in page["items"]]
            after = page["next"]
        assert after is None
        assert len(set(seen)) == 3
