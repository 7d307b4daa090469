"""Senders that die wherever the dice say, and the three ledgers afterwards.

What the rows say, what the provider recorded and what the devices show must agree: nothing lost,
nothing visible twice, no text or call twice; and a push repeats only if its sender died with it.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from core.clock import clock
from core.events import catalogue as events
from core.merchants.models import Merchant
from core.people.models import Person
from notifications.channels.sms_provider import ReceiptStatus, SmsReceipt
from notifications.claims import ALL_CHANNELS
from notifications.conclusions import NO_SUBSCRIPTION
from notifications.escalation import Channel
from notifications.models import Delivery
from notifications.results import sweep
from notifications.sender import send_all_due
from notifications.texting.settling import settle_receipt
from tests.notifications.delivery import dies
from tests.notifications.delivery.schedule_town import LEFT, clean, judge_rows
from tests.notifications.delivery.town import about, order, person, register, seconds, shop, state
from tests.notifications.delivery.world import Outside, until
from tests.services.nursery import Born, found_nursery


DEVICES: Final = 12
MOST_ALERTS: Final = 3
MOST_KILLS: Final = 4
LIFE_SECONDS: Final = 6.0
"""One that never comes to its point is killed then, or when it has nothing left to do."""
LEDGERS: Final = {Channel.SMS: "sms", Channel.CALL: "voice"}
WAITING: Final = ("pending", "retrying", "leased")
PUSH_FAULTS: Final = ("500", "503", "reset", "slow")
TEXT_FAULTS: Final = ("429", "accept_then_reset", "reset", "slow")


@dataclass(slots=True)
class Toll:
    """What was done, and what was found."""

    seeds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    """By point; `alive` are those that had to be killed from outside."""
    pushes: int = 0
    texts: int = 0
    leased_at_death: int = 0
    repeats: int = 0
    """Pushes that the provider took again because a sender died with them."""
    settled: int = 0
    """Texts of unknown outcome that a receipt has settled."""
    unsent: int = 0
    """Texts of unknown outcome that never left, and are not sent again."""
    findings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Town:
    """People with one device each, and a shop whose staff has none."""

    outside: Outside
    folder: Path
    shop: Merchant
    people: Sequence[Person]
    devices: Sequence[Mapping[str, Any]]

    @classmethod
    def build(cls, outside: Outside, folder: Path) -> "Town":
        people = [person("Wang") for _ in range(DEVICES)]
        devices = [outside.device() for _ in people]
        for who, device in zip(people, devices, strict=True):
            register(who, device)
        return cls(outside, folder, shop(clerks=0), people, devices)


class Chaos:
    """One seed: messages that are due, senders that die, one that does not, and the judgement."""

    def __init__(self, seed: int, town: Town, toll: Toll) -> None:
        self.dice = random.Random(seed)
        self.seed, self.town, self.toll = seed, town, toll
        self.leased: Counter[str] = Counter()
        """How often a sender died while it had this push, by notice."""
        self.before = {each: town.outside.count(each) for each in ("push", "sms", "voice")}

    def play(self) -> None:
        """Load, kill, finish and judge."""
        kills = self.dice.randint(1, MOST_KILLS)
        for number in range(kills):
            self._load(self.town.people[number::kills])
            self._order_faults()
            self._kill()
        self.town.outside.clear_faults()
        self._finish()
        self._settle()
        self._judge()
        self.toll.findings += [*judge_rows(self.seed)]
        clean(LEFT)
        self.toll.seeds += 1

    def _load(self, people: Sequence[Person]) -> None:
        now = clock().now()
        for who in people:
            made = order(self.town.shop, customer=who, state="accepted", now=now)
            state(events.ORDER_ACCEPTED, about(made), now=now)
        for _ in range(self.dice.randint(1, MOST_ALERTS)):
            long_ago = now - seconds(self.dice.choice((61, 91)))
            made = order(self.town.shop, customer=self.town.people[0], now=long_ago)
            state(events.ORDER_PLACED, about(made), now=long_ago)

    def _order_faults(self) -> None:
        self.town.outside.clear_faults()
        for _ in range(self.dice.randrange(4)):
            mode, delay = self.dice.choice(PUSH_FAULTS), self.dice.random() / 4
            self.town.outside.fault("push", mode, count=3, delay_seconds=delay)
        for channel in LEDGERS.values():
            for _ in range(self.dice.randrange(3)):
                mode, delay = self.dice.choice(TEXT_FAULTS), self.dice.random() / 4
                self.town.outside.fault(channel, mode, retry_after="0", delay_seconds=delay)

    def _kill(self) -> None:
        operation, where, most = self.dice.choice(dies.POINTS)
        end_leases()
        hurry()
        with self._sender(operation, where, self.dice.randrange(most)) as sender:
            give_up_at = time.monotonic() + LIFE_SECONDS
            while sender.poll() is None and is_waiting() and time.monotonic() < give_up_at:
                time.sleep(0.01)
            died = sender.poll() is not None
        self.toll.kills[f"{operation} {where}".strip() if died else "alive"] += 1
        had = Delivery.objects.filter(state="leased", channel=Channel.PUSH)
        for notice_id in had.values_list("notice_id", flat=True):
            self.leased[notice_id.hex] += 1
            self.toll.leased_at_death += 1

    @contextmanager
    def _sender(self, operation: str, where: str, after: int) -> Iterator[Born]:
        nursery = found_nursery("tests.notifications.delivery.dies")
        assert nursery is not None
        name = str(connection.settings_dict["NAME"])
        words = ["-m", "tests.notifications.delivery.dies", operation, where, str(after), name]
        here = {"REDIS_URL": "", "PAIDAN_LOG_LEVEL": "WARNING", **self.town.outside.environment}
        with (self.town.folder / "sender.log").open("ab") as out:
            sender = nursery.bear(words, environment={**os.environ, **here}, out=out.fileno())
        try:
            yield sender
        finally:
            sender.kill()
            sender.wait()

    def _finish(self) -> None:
        """Let a healthy sender go on until nothing waits."""
        until(self._has_finished)

    def _has_finished(self) -> bool:
        """Send once more what is left, some of which a push service may have put off."""
        end_leases()
        while sweep(now=clock().now()):
            pass
        hurry()
        send_all_due(ALL_CHANNELS)
        return not is_waiting()

    def _settle(self) -> None:
        """Bring the vendors' receipts of all that they took."""
        doubtful = Delivery.objects.filter(state="uncertain")
        self.doubtful = {str(pk) for pk in doubtful.values_list("pk", flat=True)}
        for channel in LEDGERS:
            for entry in self._taken(channel):
                told = SmsReceipt(
                    event_id="e",
                    provider_id=str(entry["message_id"]),
                    out_id=str(entry["out_id"]),
                    to="",
                    status=ReceiptStatus.DELIVERED,
                    occurred_at=clock().now(),
                )
                settle_receipt(told, provider="sandbox", now=clock().now())

    def _taken(self, channel: Channel) -> list[dict[str, Any]]:
        """What a vendor took of this seed's texts."""
        return [each for each in self._entries(LEDGERS[channel]) if "message_id" in each]

    def _entries(self, name: str) -> list[dict[str, Any]]:
        path = f"/ledger/{name}?since={self.before[name]}"
        entries: list[dict[str, Any]] = self.town.outside.call("GET", path)["entries"]
        return entries

    def _judge(self) -> None:
        self._judge_pushes()
        for channel in LEDGERS:
            self._judge_texts(channel)

    def _judge_pushes(self) -> None:
        rows = Delivery.objects.filter(channel=Channel.PUSH, notice__template="order_accepted")
        taken = Counter(
            str(each["topic"]) for each in self._entries("push") if each.get("status") == 201
        )
        for notice_id, how, code in rows.values_list("notice_id", "state", "code"):
            self.toll.pushes += 1
            if how != "sent" or not taken[notice_id.hex]:
                self._found(f"push is {how} {code}, taken {taken[notice_id.hex]} times")
            repeats = taken[notice_id.hex] - 1
            if repeats > self.leased[notice_id.hex]:
                died_with_it = self.leased[notice_id.hex]
                self._found(f"push repeated {repeats} times; {died_with_it} died with it")
            self.toll.repeats += max(0, repeats)
        screens = Counter(
            self.town.outside.screen(each)["visible_count"] for each in self.town.devices
        )
        if screens != {self.toll.seeds + 1: DEVICES}:
            self._found(f"devices show {dict(screens)}, not {self.toll.seeds + 1} each")
        others = Delivery.objects.filter(channel=Channel.PUSH).exclude(pk__in=rows)
        for how, code in others.values_list("state", "code"):
            if (how, code) not in {("dead", NO_SUBSCRIPTION), ("cancelled", "delivered")}:
                self._found(f"push to nobody's device is {how} {code}")

    def _judge_texts(self, channel: Channel) -> None:
        taken = Counter(str(each["out_id"]) for each in self._taken(channel))
        if set(taken.values()) - {1}:
            self._found(f"{channel} was taken twice")
        rows = Delivery.objects.filter(channel=channel, due_at__lte=clock().now(), attempts__gt=0)
        for pk, how in rows.values_list("pk", "state"):
            self.toll.texts += 1
            if taken[str(pk)] and how != "confirmed":
                self._found(f"{channel} was taken and is {how}")
            if not taken[str(pk)] and how not in {"uncertain", "dead", "cancelled", "expired"}:
                self._found(f"{channel} is {how}, and was never taken")
            if str(pk) in self.doubtful:
                self.toll.settled += how == "confirmed"
                self.toll.unsent += how == "uncertain"

    def _found(self, what: str) -> None:
        self.toll.findings.append(f"seed {self.seed}: {what}")


def end_leases() -> None:
    """Let every lease end, as if its time had passed."""
    past = clock().now() - timedelta(seconds=1)
    Delivery.objects.filter(state="leased").update(lease_until=past)


def hurry() -> None:
    """Make what was put off due now."""
    past = clock().now() - timedelta(seconds=1)
    put_off = Delivery.objects.filter(state__in=["pending", "retrying"]).exclude(code="")
    put_off.update(due_at=past)


def is_waiting() -> bool:
    """Whether anything is due, on its way or put off; steps yet to come are none of it."""
    begun = Q(due_at__lte=clock().now()) | Q(attempts__gt=0) | ~Q(code="")
    waiting = Delivery.objects.filter(begun, state__in=WAITING)
    return bool(waiting.exclude(channel=Channel.OPERATOR).exists())


def play(seeds: Iterable[int], outside: Outside, folder: Path) -> Toll:
    """Play each seed; return what was done and found."""
    toll = Toll()
    town = Town.build(outside, folder)
    for seed in seeds:
        Chaos(seed, town, toll).play()
    return toll
