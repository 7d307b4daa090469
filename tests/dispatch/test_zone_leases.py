"""A zone has one owner at a time; when that dies another follows, and the dead commit nothing."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.merchants.models import Merchant, Zone
from dispatch.models import Dispatcher, ZoneLease
from dispatch.zones.keeper import ZoneKeeper
from dispatch.zones.leases import (
    FORGOTTEN_AFTER,
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
from dispatch.zones.shares import share_of
from tests.dispatch import scene
from tests.dispatch.scene import START
from tests.dispatch.test_runner import ROOT, dispatcher, eventually
from tests.services.nursery import Process


LATER = START + LEASE
PATIENCE_SECONDS = 120


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

    @pytest.mark.django_db
    def test_that_was_left_is_not_renewed(self, shop: Merchant) -> None:
        take_free("one", at=START)
        scene.shop()
        keep("two", at=START)
        keep("one", at=START)
        keep("two", at=START)
        owners = set(ZoneLease.objects.values_list("owner", flat=True))
        assert owners == {"one", "two"}

    def test_passes_within_five_seconds(self) -> None:
        assert LEASE.total_seconds() + RENEW_SECONDS < 5


@pytest.mark.django_db
class TestSharing:
    def test_gives_newcomers_as_many_zones_as_others_have(self) -> None:
        for _ in range(7):
            scene.shop()
        keep("one", at=START)
        assert counts() == [7]
        for names, expected in (("one two", [3, 4]), ("one two three", [2, 2, 3])):
            settle(names, at=START)
            assert counts() == expected

    def test_moves_no_more_zones_than_a_newcomer_gets(self) -> None:
        for _ in range(6):
            scene.shop()
        settle("one two", at=START)
        before = dict(ZoneLease.objects.values_list("pk", "token"))
        settle("one two three", at=START)
        after = dict(ZoneLease.objects.values_list("pk", "token"))
        assert sum(after[zone] != token for zone, token in before.items()) == 2

    def test_leaves_a_lone_zone_where_it_is(self, shop: Merchant) -> None:
        keep("two", at=START)
        settle("one two three", at=START)
        assert get_leases("two")[shop.zone_id].token == 1

    def test_gives_the_zones_of_a_dead_one_to_all_others(self) -> None:
        for _ in range(6):
            scene.shop()
        settle("one two three", at=START)
        later = START + LEASE - timedelta(milliseconds=1)
        for name in ("two", "three"):
            keep(name, at=later)
        settle("two three", at=START + LEASE)
        assert counts() == [3, 3]

    def test_forgets_who_is_long_gone(self, shop: Merchant) -> None:
        keep("one", at=START)
        keep("two", at=START + FORGOTTEN_AFTER + 2 * LEASE)
        assert list(Dispatcher.objects.values_list("pk", flat=True)) == ["two"]


class TestShare:
    @given(
        st.dictionaries(st.uuids(), st.sampled_from([None, "a", "b", "c", "gone"]), max_size=20),
        st.sets(st.sampled_from("abcd"), min_size=1),
    )
    def test_is_fair_and_complete_after_two_looks(
        self, owned: dict[UUID, str | None], present: set[str]
    ) -> None:
        """They leave and take in turn; whatever the turn, nothing is left over or moves twice."""
        owned = dict(owned)
        for _ in range(2):
            for name in sorted(present):
                share = share_of(name, owned, frozenset(present))
                owned |= dict.fromkeys(share.leave) | dict.fromkeys(share.take, name)
        counts = [sum(each == name for each in owned.values()) for name in present]
        assert sum(counts) == len(owned)
        assert not owned or max(counts) - min(counts) <= 1


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
            pause_until(processes[first], lambda: owners() == [second])
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


def keep(name: str, *, at: datetime) -> None:
    """Do what a dispatcher does each second."""
    renew(name, at=at)
    take_free(name, at=at)


def settle(names: str, *, at: datetime) -> None:
    """Let all of them look often enough to be content."""
    for _ in range(3):
        for name in names.split():
            keep(name, at=at)


def counts() -> list[int]:
    """How many zones each owner has, fewest first."""
    owners = Counter(ZoneLease.objects.exclude(owner="").values_list("owner", flat=True))
    return sorted(owners.values())


def commit(lease: Lease) -> None:
    """Change something as the owner of the zone."""
    with transaction.atomic():
        Zone.objects.update(name="changed")
        fence(lease)


def owners() -> list[int]:
    """Return the process that owns the zone just now, if one does."""
    rows = ZoneLease.objects.filter(until__gt=shared_now())
    return [int(owner.split(":")[1]) for owner in rows.values_list("owner", flat=True)]


def pause_until(process: Process, holds: Callable[[], bool]) -> None:
    """Stop the process until it holds; anew if it stopped amidst a transaction.

    On SQLite such a process stops all other writers, with or without a lease.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came true"
        process.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        while not holds() and time.monotonic() < stopped_at + 3 * LEASE.total_seconds():
            time.sleep(0.05)  # seconds
        if not holds():
            process.send_signal(signal.SIGCONT)
            time.sleep(0.2)  # seconds


def takes(keeper: ZoneKeeper) -> bool:
    """Let it try, and tell whether it owns the zone."""
    keeper.keep()
    return bool(keeper.held)
