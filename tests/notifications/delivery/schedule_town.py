"""Where random schedules happen: people, vendors, what is seen, and what must hold of the rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unittest import mock

from django.db import connection, transaction
from django.db.models import Model

from core.environment import environment
from core.invariants import EVERYTHING, get_invariants
from core.merchants.models import Merchant
from core.people.models import Person
from dispatch.models import CourierShift
from notifications.models import (
    Attempt,
    Delivery,
    Notice,
    PersonalDay,
    Preference,
    RecipientNotice,
    SentText,
    Spending,
)
from tests.notifications.delivery.town import person, shop
from tests.notifications.texting.conftest import templates


BOOK: Final = (
    '[routes]\n"+" = ["aliyun", "tencent"]\n[calls]\n"+" = ["sandbox"]\n'
    "[budget]\naliyun = 100000\nsandbox = 100000\n" + templates("aliyun", "tencent")
)
RULES: Final = frozenset(
    {
        "clocks_out_of_order", "ended_without_reason", "leases_left_behind", "miscounted_tries",
        "needless_deliveries", "notices_without_ladder", "overcharged_days", "sends_after_act",
        "sent_without_word", "steps_twice", "texts_sent_again", "unread_of_ended",
    }
)  # fmt: skip
CHOICES: Final = (Preference, PersonalDay)
LEFT: Final = (Attempt, Delivery, RecipientNotice, Notice, SentText, Spending)


@dataclass(slots=True)
class Record:
    """What a run saw, over all its schedules."""

    schedules: int = 0
    acts: int = 0
    """Schedules in which somebody acted, on whatever device, by telephone or through the order."""
    closings: int = 0
    """Schedules whose matter ended otherwise."""
    starts: Counter[str] = field(default_factory=Counter)
    """Messages that were started, by channel."""
    cancelled: int = 0
    """Steps that an act or an end kept from starting."""
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Town:
    """Who is there in every schedule."""

    shop: Merchant
    staff: Sequence[Person]
    courier: Person
    customer: Person

    @classmethod
    def build(cls) -> "Town":
        merchant = shop(clerks=2, owners=1)
        people = [each.person for each in merchant.memberships.order_by("pk")]
        courier = person("Sun", is_courier=True)
        CourierShift.objects.create(person=courier)
        return cls(merchant, people, courier, person("Wang"))


@contextmanager
def vendors(folder: Path) -> Iterator[None]:
    """Two vendors for texts and one for calls, two of them counted by the day."""
    path = folder / "vendors.toml"
    path.write_text(BOOK)
    with mock.patch.dict("os.environ", {"PAIDAN_SMS_FILE": str(path)}):
        environment.cache_clear()
        yield
    environment.cache_clear()


def clean(models: Sequence[type[Model]]) -> None:
    """Forget what schedules have left."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


def judge_rows(seed: int) -> Iterator[str]:
    """Ask the rules of `check_orders` about all rows; `seed` was the last."""
    for rule in get_invariants():
        if rule.name in RULES:
            for line in rule.broken(EVERYTHING):
                yield f"seed {seed} or shortly before: {rule.name}: {line}"
