"""A zone has one owner at a time; when that dies another follows, and the dead commit nothing."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from core.merchants.models import Merchant, Zone
from dispatch.models import ZoneLease
from dispatch.zones.keeper import ZoneKeeper
from dispatch.zones.leases import (
    LEASE,
    RENEW_SECONDS,
    Lease,
    LeaseLost,
    fence,
    get_leases,
    release,
    renew,
    shared_now,
    take_free,
)
from tests.dispatch import scene
from tests.dispatch.scene import START
from tests.dispatch.test_runner import ROOT, dispatcher, eventually


LATER = START + LEASE
PATIENCE_SECONDS = 60


class TestLease:
    @pytest.mark.django_db
    def test_has_one_owner(self, shop: Merchant) -> None:
        take_free("one", at=START)
        take_free("two", at=START)
        assert get_leases("one").keys() == {shop.zone_id}
        assert not get_leases("two")

    @pytest.mark.django_db
    def test_of_a_zone_that_came_later_is_taken_too(self, shop: Merchant) -> None:
        take_free("one", at=START)
        other = scene.shop()
        take_free("one", at=START)
        assert get_leases("one").keys() == {shop.zone_id, other.zone_id}

    @pytest.mark.django_db
    def test_is_kept_by_renewing(self, shop: Merchant) -> None:
        take_free("one", at=START)
        renew("one", at=START + timedelta(seconds=1))
        take_free("two", at=LATER)
        assert get_leases("one")[shop.zone_id].token == 1

    @pytest.mark.django_db
    def test_that_ran_out_is_taken_with_another_token(self, shop: Merchant) -> None:
        take_free("one", at=START)
        take_free("two", at=LATER)
        assert not get_leases("one")
        assert get_leases("two")[shop.zone_id].token == 2

    @pytest.mark.django_db
    def test_that_was_released_is_free_at_once(self, shop: Merchant) -> None:
        take_free("one", at=START)
        release("one", at=START)
        take_free("two", at=START)
        assert get_leases("two").keys() == {shop.zone_id}

    def test_passes_within_five_seconds(self) -> None:
        assert LEASE.total_seconds() + RENEW_SECONDS < 5


@pytest.mark.django_db
class TestFence:
    def test_lets_the_owner_commit(self, shop: Merchant) -> None:
        take_free("one", at=START)
        commit(get_leases("one")[shop.zone_id])
        assert Zone.objects.get().name == "changed"

    def test_rolls_back_who_was_overtaken(self, shop: Merchant) -> None:
        take_free("one", at=START)
        lease = get_leases("one")[shop.zone_id]
        take_free("two", at=LATER)
        with pytest.raises(LeaseLost):
            commit(lease)
        assert Zone.objects.get().name == "Centre"

    def test_tells_an_owner_from_the_same_one_later(self, shop: Merchant) -> None:
        take_free("one", at=START)
        lease = get_leases("one")[shop.zone_id]
        take_free("one", at=LATER)
        with pytest.raises(LeaseLost):
            commit(lease)


@pytest.mark.django_db(transaction=True)
class TestProcesses:
    def test_one_follows_another_that_was_killed(self, shop: Merchant) -> None:
        processes = {process.pid: process for process in (dispatcher(), dispatcher())}
        try:
            eventually(lambda: len(owners()) == 1)
            (first,) = owners()
            (second,) = processes.keys() - {first}
            processes[first].send_signal(signal.SIGSTOP)
            eventually(lambda: owners() == [second])
            # Now both are up, so what follows is the time of taking over and of nothing else.
            processes[first].send_signal(signal.SIGCONT)
            processes[second].kill()
            killed_at = time.monotonic()
            eventually(lambda: owners() == [first])
            print(f"owned again {time.monotonic() - killed_at:.2f} s after its owner was killed")
        finally:
            for process in processes.values():
                process.kill()
                process.wait()

    def test_one_that_was_paused_and_overtaken_commits_nothing(self, shop: Merchant) -> None:
        name, zone = str(connection.settings_dict["NAME"]), str(shop.zone_id)
        command = [sys.executable, "-W", "ignore", "-m", "tests.dispatch.paused_owner", name, zone]
        paused = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            _pid, status = os.waitpid(paused.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            keeper = ZoneKeeper()
            eventually(lambda: takes(keeper))
            paused.send_signal(signal.SIGCONT)
            said, _nothing = paused.communicate(timeout=PATIENCE_SECONDS)
        finally:
            paused.kill()
            paused.wait()
        assert said == "lost\n"
        assert Zone.objects.get().name == "Centre"


def commit(lease: Lease) -> None:
    """Change something as the owner of the zone."""
    with transaction.atomic():
        Zone.objects.update(name="changed")
        fence(lease)


def owners() -> list[int]:
    """Return the process that owns the zone just now, if one does."""
    rows = ZoneLease.objects.filter(until__gt=shared_now())
    return [int(owner.split(":")[1]) for owner in rows.values_list("owner", flat=True)]


def takes(keeper: ZoneKeeper) -> bool:
    """Let it try, and tell whether it owns the zone."""
    keeper.keep()
    return bool(keeper.held)
