"""Random histories of alerts with two vendors, receipts in any order, and questions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.environment import environment
from notifications.channels.result import Outcome, SendResult
from notifications.channels.sms_provider import ReceiptStatus, SmsReceipt
from notifications.models import Delivery, Notice
from notifications.results import Answer, Finished, store
from notifications.texting.asking import claim_questions
from notifications.texting.settling import settle_receipt
from tests.notifications.delivery.test_races import SCHEDULES, STEPS, Schedule
from tests.notifications.texting.conftest import templates


MAYBE_TAKEN = (Outcome.SENT, Outcome.UNKNOWN)
BOOK = '[routes]\n"+" = ["aliyun", "tencent"]\n' + templates("aliyun", "tencent")


@pytest.fixture
def two_vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    path = tmp_path / "vendors.toml"
    path.write_text(BOOK)
    monkeypatch.setenv("PAIDAN_SMS_FILE", str(path))
    environment.cache_clear()
    yield
    environment.cache_clear()


class VendorSchedule(Schedule):
    """Vendors answer each text apart; what they tell later comes twice, late or reordered."""

    def step(self) -> None:
        super().step()
        self.random.choice((self.tell, self.ask, self.answer))()

    def answer(self) -> None:
        batch, self.leased = self.leased, []
        finished = []
        for claim in batch:
            outcome = self.random.choice(list(Outcome))
            if outcome in MAYBE_TAKEN:
                self.unsettled.add(claim.delivery_id)
            answers = (Answer(result=SendResult(outcome, "x"), subscription_id=None),)
            finished.append(Finished(claim=claim, answers=answers))
        store(finished, now=self.now)

    def tell(self) -> None:
        rows = list(self.notice.deliveries.filter(channel__in=["sms", "call"], attempts__gt=0))
        for row in self.random.sample(rows, k=min(2, len(rows))):
            receipt = SmsReceipt(
                event_id="e",
                provider_id="m",
                out_id=str(row.pk),
                to="",
                status=self.random.choice(
                    (ReceiptStatus.TAKEN, ReceiptStatus.DELIVERED, ReceiptStatus.FAILED)
                ),
                occurred_at=self.now,
            )
            for _ in range(self.random.choice((1, 2))):
                settle_receipt(receipt, provider=row.provider, now=self.now)

    def ask(self) -> None:
        claim_questions(now=self.now)


@pytest.mark.django_db
@pytest.mark.usefixtures("two_vendors")
class TestRandomSchedules:
    def test_start_nothing_after_an_act_and_nothing_that_may_have_been_taken(self) -> None:
        providers = set()
        for seed in range(SCHEDULES):
            schedule = VendorSchedule(seed)
            for _ in range(STEPS):
                schedule.step()
            assert schedule.late_starts == 0
            used = Delivery.objects.filter(channel="sms").values_list("provider", flat=True)
            providers |= set(used)
            Notice.objects.all().delete()
        assert {"aliyun", "tencent"} <= providers
