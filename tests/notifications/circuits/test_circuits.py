"""Rows of a shut origin wait, spend nothing, and go when one push got through."""

import time
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import pytest

from core.clock import clock
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.people.models import Person
from notifications.channels.vapid import generate_private_key, public_key
from notifications.circuits.commands import note_changes
from notifications.circuits.gates import Change, ChangeKind, gates
from notifications.circuits.models import PushCircuit
from notifications.circuits.queries import get_circuits
from notifications.claims import ALL_CHANNELS, claim_due
from notifications.escalation import Channel
from notifications.models import Attempt, Delivery, Notice, PushSubscription
from notifications.sender import send_all_due
from notifications.webhooks.metrics import sender_numbers
from tests.notifications.delivery.test_sending import accepted, delivery
from tests.notifications.delivery.town import person, register
from tests.notifications.delivery.world import Outside


pytestmark = pytest.mark.django_db(transaction=True)


def waiting_for(outside: Outside, *, key: str = "") -> tuple[Person, Any, Notice]:
    """Somebody with one device, and a push to it that is due."""
    customer, device = person("Wang"), outside.device(vapid_public_key=key)
    register(customer, device)
    return customer, device, accepted(customer)


def send() -> None:
    send_all_due(ALL_CHANNELS)


def make_due() -> None:
    Delivery.objects.filter(state__in=["pending", "retrying"]).update(due_at=clock().now())


def end_wait() -> None:
    """Let the origins' time be over, and every row be due."""
    PushCircuit.objects.update(until=clock().now() - timedelta(seconds=1), probe_until=None)
    gates._own.clear()
    make_due()


class TestRetryAfter:
    @pytest.mark.parametrize("form", ["seconds", "date"])
    @pytest.mark.parametrize("mode", ["429", "503"])
    def test_holds_every_row_of_the_origin(self, outside: Outside, mode: str, form: str) -> None:
        _, _, first = waiting_for(outside)
        asked = "120" if form == "seconds" else formatdate(time.time() + 120, usegmt=True)
        outside.fault("push", mode, retry_after=asked)
        began_at = clock().now()
        send()
        _, _, second = waiting_for(outside)
        make_due()
        send()
        assert outside.count("push") == 1
        for notice in (first, second):
            row = delivery(notice)
            assert row.code == "origin_waits"
            assert row.due_at >= began_at + timedelta(seconds=118)
        assert (delivery(first).attempts, delivery(second).attempts) == (1, 0)

    def test_that_is_absurd_is_believed_for_an_hour(self, outside: Outside) -> None:
        waiting_for(outside)
        outside.fault("push", "429", retry_after="9" * 30)
        send()
        ahead = PushCircuit.objects.get().until - clock().now()
        assert timedelta(minutes=59) < ahead < timedelta(minutes=67)

    @pytest.mark.parametrize("asked", ["0", "-1", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"])
    def test_that_asks_for_nothing_still_shuts_it_for_a_moment(
        self, outside: Outside, asked: str
    ) -> None:
        waiting_for(outside)
        outside.fault("push", "429", count=1000, retry_after=asked)
        began_at = clock().now()
        send()
        assert PushCircuit.objects.get().until >= began_at + timedelta(seconds=1)

    def test_leaves_other_origins_alone(self, outside: Outside) -> None:
        _, _, notice = waiting_for(outside)
        PushCircuit.objects.create(
            origin="https://other.example.org",
            code="http_429",
            opened_at=clock().now(),
            until=clock().now() + timedelta(hours=1),
        )
        send()
        assert delivery(notice).state == "sent"
        assert get_circuits(clock().now())[0]["origin"] == "https://other.example.org"


class TestLookInMemory:
    def test_gives_the_attempt_back_when_nothing_was_tried(self, outside: Outside) -> None:
        _, _, notice = waiting_for(outside)
        origin = outside.running.url
        gates._own[origin] = clock().now() + timedelta(seconds=60)
        send()
        row = delivery(notice)
        assert (row.state, row.code, row.attempts) == ("retrying", "origin_waits", 0)
        assert not Attempt.objects.exists()
        assert outside.count("push") == 0


class TestProbe:
    def test_is_one_push_and_its_arrival_lets_all_go(self, outside: Outside) -> None:
        notices = [waiting_for(outside)[2] for _ in range(5)]
        outside.fault("push", "429", count=5, retry_after="100")
        send()
        before = outside.count("push")
        end_wait()
        claims, _ = claim_due([Channel.PUSH], now=clock().now())
        assert len(claims) == 1
        assert claims[0].push is not None
        assert [each.is_probe for each in claims[0].push.devices] == [True]
        PushCircuit.objects.update(probe_until=None)
        Delivery.objects.filter(state="leased").update(state="retrying")
        outside.clear_faults()
        make_due()
        send()
        assert not PushCircuit.objects.exists()
        make_due()
        send()
        assert {delivery(each).state for each in notices} == {"sent"}
        assert outside.count("push") == before + 5

    def test_that_fails_shuts_it_again(self, outside: Outside) -> None:
        waiting_for(outside)
        outside.fault("push", "429", count=3, retry_after="100")
        send()
        for openings in (2, 3):
            end_wait()
            send()
            circuit = PushCircuit.objects.get()
            assert circuit.openings == openings
            assert circuit.until > clock().now()
        assert outside.count("push") == 3

    def test_is_taken_by_one_of_two_senders(self, outside: Outside) -> None:
        for _ in range(2):
            waiting_for(outside)
        now = clock().now()
        PushCircuit.objects.create(
            origin=outside.running.url, code="http_429", opened_at=now, until=now
        )
        one, two = PushCircuit.objects.get(), PushCircuit.objects.get()
        assert [each.probe(now=now) for each in (one, two)] == [True, False]
        later = now + timedelta(seconds=16)
        assert two.probe(now=later)  # the first one's sender died


class TestFailures:
    def test_never_prune_and_let_rows_wait_until_they_expire(self, outside: Outside) -> None:
        notices = [waiting_for(outside)[2] for _ in range(12)]
        outside.fault("push", "500", count=1000)
        send()
        assert PushCircuit.objects.get().code == "http_500"
        Delivery.objects.update(expires_at=clock().now() + timedelta(milliseconds=1))
        end_wait()
        PushCircuit.objects.update(until=clock().now() + timedelta(minutes=1))
        send()
        assert {delivery(each).state for each in notices} == {"expired"}
        assert not PushSubscription.objects.filter(gone_at__isnull=False).exists()


class TestRefusedCredentials:
    def test_stop_the_origin_and_alarm_operators_once(self, outside: Outside) -> None:
        operator = person("Zhao", is_operator=True)
        stranger = public_key(generate_private_key())
        for _ in range(6):
            waiting_for(outside, key=stranger)
        send()
        for _ in range(4):
            end_wait()
            send()
        told = Notice.objects.filter(template="push_stopped", recipients__person=operator)
        assert told.count() == 1
        assert PushCircuit.objects.get().is_stopped
        assert not PushSubscription.objects.filter(gone_at__isnull=False).exists()

    def test_of_one_device_stop_nobody_for_long(self, outside: Outside) -> None:
        waiting_for(outside, key=public_key(generate_private_key()))
        send()
        assert PushCircuit.objects.get().is_stopped
        _, _, notice = waiting_for(outside)
        end_wait()
        send()
        assert delivery(notice).state == "sent"
        assert not PushCircuit.objects.exists()
        assert not Notice.objects.filter(template="push_stopped").exists()


class TestOperators:
    def test_see_what_is_shut(self, outside: Outside) -> None:
        waiting_for(outside)
        outside.fault("push", "429", retry_after="100")
        send()
        (shown,) = get_circuits(clock().now())
        assert shown["origin"] == outside.running.url
        assert (shown["code"], shown["is_stopped"]) == ("http_429", False)
        numbers = sender_numbers()
        assert numbers["push_circuit_open"][(outside.running.url,)] == 1


class TestChange:
    def test_gravest_of_a_batch_counts(self, outside: Outside) -> None:
        kinds = (ChangeKind.CLOSE, ChangeKind.STOP, ChangeKind.OPEN)
        changes = [
            Change(origin="https://a.example.org", kind=kind, code=kind, subscription_id=1)
            for kind in kinds
        ]
        with unit_of_work(now=clock().now(), actor=SYSTEM) as work:
            note_changes(changes, work=work)
        assert PushCircuit.objects.get().is_stopped
