"""Boards of one shop come and go at the very same moment, seen by different processes."""

from functools import partial

import pytest

from core.deadlines.loop import fire_due
from core.deadlines.models import Deadline
from core.merchants.models import PauseCause
from core.presence.models import Device
from core.presence.watch import DEADLINE_BACK, DEADLINE_LOST
from tests.builders import START, make_scene
from tests.concurrency.threads import together
from tests.core_presence.test_watch import LOST, connect, leave


pytestmark = pytest.mark.django_db(transaction=True)
ATTEMPTS = range(4)


class TestLastBoards:
    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_leave_together_and_are_missed(self, attempt: int) -> None:
        shop = make_scene().merchant
        boards = [connect(shop) for _ in range(3)]
        assert together([partial(leave, board) for board in boards]) == [None] * 3
        assert Deadline.objects.filter(kind=DEADLINE_LOST).count() == 1

    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_one_comes_as_the_shop_is_paused(self, attempt: int) -> None:
        shop = make_scene().merchant
        leave(connect(shop))
        now = START + LOST
        came, _ = together([partial(connect, shop, now=now), partial(fire_due, now=now)])
        assert isinstance(came, Device)
        fire_due(now=now)
        shop.refresh_from_db()
        is_paused = shop.pause_cause == PauseCause.NO_BOARD
        assert Deadline.objects.filter(kind=DEADLINE_BACK).exists() is is_paused
        assert not Deadline.objects.filter(kind=DEADLINE_LOST).exists()
