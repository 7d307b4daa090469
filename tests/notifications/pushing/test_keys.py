"""Several VAPID keys at once: a rotation loses no device, a retirement says whom it would."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from threading import Barrier
from typing import Final

import pytest
from django.core.management import CommandError, call_command

from core.clock import clock
from core.environment import environment
from notifications.channels.vapid import generate_private_key, public_key
from notifications.claims import ALL_CHANNELS
from notifications.models import PushSubscription
from notifications.pushing.keys import VapidKeys, push_public_key, vapid_keys
from notifications.sender import send_all_due
from notifications.subscriptions import PushKeyUnknown, Registration, subscribe
from tests.notifications.delivery.test_sending import accepted, delivery
from tests.notifications.delivery.town import NOON, person, register
from tests.notifications.delivery.world import VAPID_KEY, Outside


SEVERAL: Final = 8

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An installation that keeps its keys beside its data."""
    monkeypatch.setenv("PAIDAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PAIDAN_VAPID_PRIVATE_KEY", "")
    environment.cache_clear()
    yield tmp_path / "vapid_private_key"
    environment.cache_clear()


def vapid(*words: str, **options: object) -> list[str]:
    output = StringIO()
    call_command("vapid", *words, stdout=output, stderr=StringIO(), **options)
    return output.getvalue().splitlines()


def device_with(key: str, *, endpoint: str = "https://fcm.googleapis.com/a") -> PushSubscription:
    fresh = Registration(endpoint=endpoint, p256dh="p", auth="a", application_server_key=key)
    return subscribe(person=person(), fresh=fresh, now=NOON)


class TestOwnKeys:
    def test_one_is_made_once_and_only_its_owner_may_read_it(self, own_keys: Path) -> None:
        first = vapid_keys()
        assert vapid_keys() == first
        assert len(first.private) == 1
        assert own_keys.stat().st_mode & 0o077 == 0

    def test_all_who_ask_at_once_get_the_same(self, own_keys: Path) -> None:
        barrier = Barrier(SEVERAL)

        def ask(_number: int) -> VapidKeys:
            barrier.wait()
            return vapid_keys()

        with ThreadPoolExecutor(SEVERAL) as threads:
            for _ in range(20):
                assert set(threads.map(ask, range(SEVERAL))) == {vapid_keys()}
                own_keys.unlink()
        assert list(own_keys.parent.iterdir()) == []

    def test_a_rotation_puts_a_new_one_before_the_others(self, own_keys: Path) -> None:
        (old,) = vapid_keys().public
        vapid("rotate")
        assert vapid_keys().public[1:] == (old,)
        assert push_public_key() != old
        assert own_keys.stat().st_mode & 0o077 == 0

    def test_retiring_leaves_the_others(self, own_keys: Path) -> None:
        (old,) = vapid_keys().public
        vapid("rotate")
        vapid("retire", old[:20])
        assert old not in vapid_keys().public
        assert len(vapid_keys().private) == 1


class TestKeysOfTheEnvironment:
    def test_the_previous_ones_come_behind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = [generate_private_key() for _ in range(3)]
        monkeypatch.setenv("PAIDAN_VAPID_PRIVATE_KEY", keys[0])
        monkeypatch.setenv("PAIDAN_VAPID_PREVIOUS_KEYS", f"{keys[1]}, {keys[2]}")
        environment.cache_clear()
        assert vapid_keys() == VapidKeys(tuple(keys))

    def test_a_rotation_prints_what_to_set(self, outside: Outside) -> None:
        new, previous = vapid("rotate")
        assert previous == f"PAIDAN_VAPID_PREVIOUS_KEYS={VAPID_KEY}"
        assert len(public_key(new.removeprefix("PAIDAN_VAPID_PRIVATE_KEY="))) == 87

    def test_production_makes_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PAIDAN_VAPID_PRIVATE_KEY", "")
        monkeypatch.setenv("PAIDAN_PRODUCTION", "1")
        environment.cache_clear()
        assert vapid_keys() == VapidKeys()
        with pytest.raises(CommandError, match="no key"):
            vapid("show")


class TestRetire:
    def test_refuses_the_current_key(self, own_keys: Path) -> None:
        with pytest.raises(CommandError, match="current"):
            vapid("retire", push_public_key())

    def test_refuses_a_key_of_live_devices_and_says_how_many(self, own_keys: Path) -> None:
        old = push_public_key()
        for number in range(3):
            device_with(old, endpoint=f"https://fcm.googleapis.com/{number}")
        vapid("rotate")
        with pytest.raises(CommandError, match="3 live"):
            vapid("retire", old)
        assert old in vapid_keys().public

    def test_by_force_ends_what_nothing_could_reach(self, own_keys: Path) -> None:
        old = push_public_key()
        row = device_with(old)
        vapid("rotate")
        vapid("retire", old, force=True)
        row.refresh_from_db()
        assert row.gone_code == "key_retired"

    def test_counts_devices_that_remember_no_key_as_the_oldests(self, own_keys: Path) -> None:
        old = push_public_key()
        device_with(old)
        PushSubscription.objects.update(application_server_key="")
        vapid("rotate")
        assert PushSubscription.objects.get().application_server_key == old
        PushSubscription.objects.update(application_server_key="")
        assert vapid("show")[1] == f"previous {old} 1 live subscriptions"
        with pytest.raises(CommandError, match="1 live"):
            vapid("retire", old)

    def test_asks_which(self, own_keys: Path) -> None:
        with pytest.raises(CommandError, match="Name one"):
            vapid("retire")


class TestSubscriptions:
    def test_remember_the_key_they_were_made_with(self, own_keys: Path) -> None:
        old = push_public_key()
        device_with(old)
        vapid("rotate")
        row = device_with("")  # a device that does not tell, registered before
        assert row.pk == PushSubscription.objects.get().pk
        row.refresh_from_db()
        assert row.application_server_key == old

    def test_with_a_key_of_nobody_are_refused(self, own_keys: Path) -> None:
        with pytest.raises(PushKeyUnknown):
            device_with(public_key(generate_private_key()))


class TestSending:
    def test_signs_with_the_key_of_each_device(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:

        customer, before = person("Wang"), outside.device()
        register(customer, before)
        new = generate_private_key()
        monkeypatch.setenv("PAIDAN_VAPID_PRIVATE_KEY", new)
        monkeypatch.setenv("PAIDAN_VAPID_PREVIOUS_KEYS", VAPID_KEY)
        environment.cache_clear()
        after = outside.device(vapid_public_key=public_key(new))
        register(customer, after)
        notice = accepted(customer)
        send_all_due(ALL_CHANNELS)
        assert delivery(notice).state == "sent"
        assert [outside.screen(each)["visible_count"] for each in (before, after)] == [1, 1]

    def test_waits_for_a_process_that_has_the_key(
        self, outside: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:

        customer, device = person("Wang"), outside.device()
        fresh = Registration(
            endpoint=device["endpoint"],
            p256dh=device["keys"]["p256dh"],
            auth=device["keys"]["auth"],
            application_server_key=push_public_key(),
        )
        subscribe(person=customer, fresh=fresh, now=clock().now())
        monkeypatch.setenv("PAIDAN_VAPID_PRIVATE_KEY", generate_private_key())
        environment.cache_clear()
        notice = accepted(customer)
        send_all_due(ALL_CHANNELS)
        row = delivery(notice)
        assert (row.state, row.code) == ("retrying", "vapid_key_unknown")
        assert outside.count("push") == 0
