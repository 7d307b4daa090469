"""A shop that nobody would hear is paused, and resumes once somebody would."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.deadlines.loop import fire_due
from core.deadlines.models import Deadline
from core.events.models import Event
from core.merchants.availability import Why, get_availability
from core.merchants.models import Merchant, OpeningHours, PauseCause
from core.orders.placing import ShopPaused
from core.presence.commands import LEASE, remove_dead_nodes, renew_lease, write_devices
from core.presence.models import Device
from core.presence.watch import DEADLINE_BACK, DEADLINE_LOST
from notifications.models import Notice
from notifications.views import notice_view
from tests.builders import START, Scene, act, make_merchant, make_scene, make_staff


AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LOST = timedelta(minutes=5)
BACK = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def connect(shop: Merchant, *, now: datetime = START, sound: bool | None = None) -> Device:
    """Let a board of the shop come."""
    staff = shop.memberships.select_related("person")[0].person
    device = Device(id=uuid4(), node_id=uuid4(), person=staff, merchant=shop, since=AT)
    device.is_sound_allowed = sound
    renew_lease(device.node_id, at=AT)
    write_devices([device], [], at=AT, now=now)
    return device


def leave(device: Device, *, now: datetime = START) -> None:
    write_devices([], [device], at=AT, now=now)


def pause_of(shop: Merchant) -> str:
    return Merchant.objects.values_list("pause_cause", flat=True).get(pk=shop.pk)


def due(kind: str = DEADLINE_LOST) -> datetime | None:
    return Deadline.objects.filter(kind=kind).values_list("due_at", flat=True).first()


def unheard(scene: Scene) -> datetime:
    """Let the scene's shop lose its board and be paused for it; return when that was."""
    leave(connect(scene.merchant))
    fire_due(now=START + LOST)
    assert pause_of(scene.merchant) == PauseCause.NO_BOARD
    return START + LOST


class TestLoss:
    def test_pauses_after_five_minutes(self, scene: Scene) -> None:
        leave(connect(scene.merchant))
        fire_due(now=START + LOST - SECOND)
        assert pause_of(scene.merchant) == ""
        fire_due(now=START + LOST)
        assert pause_of(scene.merchant) == PauseCause.NO_BOARD
        shop = Merchant.objects.get(pk=scene.merchant.pk)
        assert get_availability(shop, START + LOST).why is Why.UNREACHABLE

    def test_refuses_orders_and_lets_running_ones_go_on(self, scene: Scene) -> None:
        scene.bring_to("accepted")
        scene.now = unheard(scene)
        scene.act("start", "staff")
        with pytest.raises(ShopPaused) as refused:
            scene.place()
        assert refused.value.extra == {"why": "unreachable", "again_at": None}

    def test_is_forgotten_when_a_board_comes_back_in_time(self, scene: Scene) -> None:
        leave(connect(scene.merchant))
        connect(scene.merchant, now=START + LOST - SECOND)
        assert due() is None
        fire_due(now=START + 2 * LOST)
        assert pause_of(scene.merchant) == ""

    def test_is_none_while_another_board_is_there(self, scene: Scene) -> None:
        connect(scene.merchant)
        leave(connect(scene.merchant))
        assert due() is None

    def test_is_a_board_that_turns_mute(self, scene: Scene) -> None:
        device = connect(scene.merchant, sound=True)
        device.is_sound_allowed = False
        write_devices([device], [], at=AT, now=START)
        assert due() == START + LOST

    def test_is_not_put_off_by_a_board_that_stays_mute(self, scene: Scene) -> None:
        leave(connect(scene.merchant))
        connect(scene.merchant, now=START + LOST - SECOND, sound=False)
        assert due() == START + LOST

    def test_is_seen_when_a_process_dies(self, scene: Scene) -> None:
        connect(scene.merchant)
        remove_dead_nodes(at=AT + LEASE, now=START + LEASE)
        assert due() == START + LEASE + LOST

    def test_costs_as_little_for_many_shops_as_for_one(self, scene: Scene) -> None:
        shops = [scene.merchant, *(make_merchant() for _ in range(5))]
        for shop in shops[1:]:
            make_staff(shop)
        devices = [connect(shop) for shop in shops]
        with CaptureQueriesContext(connection) as few:
            leave(devices[0])
        with CaptureQueriesContext(connection) as many:
            write_devices([], devices[1:], at=AT, now=START)
        assert len(many) == len(few)
        assert Deadline.objects.filter(kind=DEADLINE_LOST).count() == len(shops)


class TestExempt:
    @pytest.mark.parametrize("setting", [{"auto_accept": True}, {"needs_board": False}])
    def test_are_shops_that_need_no_board(self, scene: Scene, setting: dict[str, bool]) -> None:
        Merchant.objects.update(**setting)
        leave(connect(scene.merchant))
        assert due() is None

    def test_are_those_that_never_showed_one(self, scene: Scene) -> None:
        act("merchant.close", by=scene.staff, on=scene.merchant.pk)
        act("merchant.open", by=scene.staff, on=scene.merchant.pk)
        assert due() is None

    def test_may_be_set_and_taken_back(self, scene: Scene) -> None:
        leave(connect(scene.merchant))
        for needs_board, promised in ((False, None), (True, START + LOST)):
            on = scene.merchant.pk
            act("merchant.need_board", by=scene.operator, on=on, needs_board=needs_board)
            assert due() == promised
        facts = Event.objects.filter(type="store.configured").order_by("id")
        assert [fact.data["needs_board"] for fact in facts] == [False, True]
        assert {fact.actor["type"] for fact in facts} == {"operator"}


class TestHours:
    """The shop opens at 22:00 and closes at 02:00 in Shanghai, which is 14:00 to 18:00 UTC."""

    OPENS = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def _hours(self, scene: Scene) -> None:
        for weekday in (0, 1):
            OpeningHours.objects.create(
                merchant=scene.merchant, weekday=weekday, opens_at=time(22), closes_at=time(2)
            )

    def test_begin_the_watch(self, scene: Scene) -> None:
        leave(connect(scene.merchant))
        assert due() == self.OPENS + LOST
        fire_due(now=self.OPENS + LOST)
        assert pause_of(scene.merchant) == PauseCause.NO_BOARD

    def test_count_past_midnight(self, scene: Scene) -> None:
        night = datetime(2026, 3, 2, 17, 50, tzinfo=UTC)
        leave(connect(scene.merchant, now=night), now=night)
        fire_due(now=night + LOST)
        assert pause_of(scene.merchant) == PauseCause.NO_BOARD

    def test_that_end_first_put_it_off_until_the_next(self, scene: Scene) -> None:
        late = datetime(2026, 3, 2, 17, 58, tzinfo=UTC)
        leave(connect(scene.merchant, now=late), now=late)
        fire_due(now=late + LOST)
        assert pause_of(scene.merchant) == ""
        assert due() == self.OPENS + timedelta(days=1) + LOST


class TestSwitches:
    def test_a_closed_or_resting_shop_is_watched_when_it_takes_orders(self, scene: Scene) -> None:
        leave(connect(scene.merchant))
        on = scene.merchant.pk
        act("merchant.close", by=scene.staff, on=on)
        assert due() is None
        act("merchant.open", by=scene.staff, on=on)
        assert due() == START + LOST
        act("merchant.pause", by=scene.staff, on=on, minutes=60)
        assert due() == START + timedelta(minutes=60) + LOST
        act("merchant.resume", by=scene.staff, on=on)
        assert due() == START + LOST


class TestReturn:
    def test_resumes_once_the_board_has_stayed(self, scene: Scene) -> None:
        now = unheard(scene) + SECOND
        connect(scene.merchant, now=now)
        fire_due(now=now + BACK - SECOND)
        assert pause_of(scene.merchant) == PauseCause.NO_BOARD
        fire_due(now=now + BACK)
        assert pause_of(scene.merchant) == ""
        assert Event.objects.filter(type="store.resumed").count() == 1

    def test_does_not_flap_with_a_board_that_comes_and_goes(self, scene: Scene) -> None:
        now = unheard(scene)
        for _ in range(20):
            device = connect(scene.merchant, now=now)
            fire_due(now=now + BACK - SECOND)
            leave(device, now=now + BACK - SECOND)
            now += BACK
            fire_due(now=now)
        assert pause_of(scene.merchant) == PauseCause.NO_BOARD
        assert Event.objects.filter(type="store.auto_paused").count() == 1
        assert due(DEADLINE_BACK) is None

    def test_is_not_what_a_mute_board_does(self, scene: Scene) -> None:
        connect(scene.merchant, now=unheard(scene), sound=False)
        assert due(DEADLINE_BACK) is None

    def test_ends_no_pause_that_was_made_by_hand(self, scene: Scene) -> None:
        act("merchant.pause", by=scene.staff, on=scene.merchant.pk, minutes=60)
        leave(connect(scene.merchant))
        connect(scene.merchant)
        fire_due(now=START + LOST)
        assert pause_of(scene.merchant) == PauseCause.BY_HAND

    def test_lasts_as_long_as_no_board_comes(self, scene: Scene) -> None:
        now = unheard(scene) + timedelta(days=1)
        fire_due(now=now)
        shop = Merchant.objects.get(pk=scene.merchant.pk)
        assert get_availability(shop, now).why is Why.UNREACHABLE

    @pytest.mark.parametrize("who", ["staff", "operator"])
    def test_may_be_by_hand_and_is_watched_again(self, scene: Scene, who: str) -> None:
        now = unheard(scene)
        act("merchant.resume", by=getattr(scene, who), on=scene.merchant.pk, now=now)
        assert pause_of(scene.merchant) == ""
        assert due() == now + LOST
        fire_due(now=now + LOST)
        assert pause_of(scene.merchant) == PauseCause.NO_BOARD


class TestNotice:
    def test_climbs_to_the_shops_people_with_an_action(self, scene: Scene) -> None:
        unheard(scene)
        notice = Notice.objects.get(template="shop_unheard")
        steps = notice.deliveries.order_by("step")
        assert [row.channel for row in steps] == ["board", "push", "push", "sms"]
        action = notice_view(notice.recipients.get())["action"]
        assert action["url"] == f"/board/{scene.merchant.pk}?do=resume"

    def test_ends_when_anybody_resumes_the_shop(self, scene: Scene) -> None:
        now = unheard(scene)
        act("merchant.resume", by=scene.operator, on=scene.merchant.pk, now=now)
        assert Notice.objects.get(template="shop_unheard").closed_at == now
