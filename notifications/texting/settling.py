"""What vendors tell of texts and calls: each word moves its delivery once, in any order."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from core.clock import clock
from core.database import run_repeatedly
from core.events.facts import Actor
from core.events.work import Work, unit_of_work
from notifications.channels.sms_provider import ReceiptStatus, SmsReceipt
from notifications.commands import act_on
from notifications.models import Attempt, Delivery, Notice
from notifications.receipts import note_arrival
from notifications.states import DeliveryState, DeliveryTrigger
from notifications.texting.allotting import TEXTED
from notifications.texting.rounds import read_out_id
from notifications.texting.tally import tally


LOOK_BACK_SECONDS: Final = 73 * 3600.0
"""How old a text may be that is known by the vendor's id alone."""
OPEN: Final = (DeliveryState.LEASED, DeliveryState.SENT, DeliveryState.UNCERTAIN)
TRIGGERS: Final = {
    ReceiptStatus.TAKEN: DeliveryTrigger.TAKE,
    ReceiptStatus.FAILED: DeliveryTrigger.GIVE_UP,
    ReceiptStatus.DELIVERED: DeliveryTrigger.CONFIRM,
    ReceiptStatus.ACKNOWLEDGED: DeliveryTrigger.CONFIRM,
}


def settle_all(provider: str, receipts: Iterable[SmsReceipt], *, now: datetime) -> int:
    """Settle each; return how many changed anything."""
    return sum(settle_receipt(each, provider=provider, now=now) for each in receipts)


def settle_receipt(receipt: SmsReceipt, *, provider: str, now: datetime) -> bool:
    """Settle what became of a text or call; repeated and unknown receipts change nothing."""
    found = _find(receipt, provider, now=now)
    if found is None:
        return False
    row, replay_count = found
    is_settled = run_repeatedly(lambda: _settle(row, replay_count, receipt, now))
    if is_settled:
        tally.settled[row.channel, provider, receipt.status] += 1
    return is_settled


def _find(receipt: SmsReceipt, provider: str, *, now: datetime) -> tuple[Delivery, int] | None:
    """Return the text, and how often it had been replayed when the vendor was given it."""
    ours = Delivery.objects.filter(channel__in=list(TEXTED), provider=provider)
    if receipt.out_id:
        return _find_by_reference(receipt.out_id, provider)
    if not receipt.provider_id:
        return None
    since = now - clock().technical(LOOK_BACK_SECONDS)
    # In the order of the index that finds due rows, so that it serves here too.
    recent = ours.filter(state__in=list(OPEN), due_at__gte=since)
    found = recent.filter(provider_id=receipt.provider_id).first()
    return (found, found.replay_count) if found is not None else None


def _find_by_reference(out_id: str, provider: str) -> tuple[Delivery, int] | None:
    try:
        delivery_id, replay_count = read_out_id(out_id)
    except ValueError:
        return None
    texts = Delivery.objects.filter(pk=delivery_id, channel__in=list(TEXTED))
    found: Delivery | None = texts.filter(replay_count__gte=replay_count).first()
    if found is None:
        return None
    # A replay may have gone to another vendor; the first one still speaks for what it took.
    is_theirs = found.provider == provider or (
        replay_count < found.replay_count
        and Attempt.objects.filter(delivery=found, provider=provider).exists()
    )
    return (found, replay_count) if is_theirs else None


def _settle(found: Delivery, replay_count: int, receipt: SmsReceipt, now: datetime) -> bool:
    with unit_of_work(now=now, actor=_actor(found, receipt)) as work:
        notice = Notice.objects.select_for_update().get(pk=found.notice_id)
        trigger = TRIGGERS[receipt.status]
        moved = _move(found, replay_count, receipt, trigger)
        if moved and trigger is DeliveryTrigger.CONFIRM:
            notice.recipients.filter(deliveries=found, delivered_at__isnull=True).update(
                delivered_at=now
            )
            note_arrival(notice, work=work)
        if receipt.status is ReceiptStatus.ACKNOWLEDGED:
            return _act(notice, found, work=work) or bool(moved)
        return bool(moved)


def _move(
    found: Delivery, replay_count: int, receipt: SmsReceipt, trigger: DeliveryTrigger
) -> int:
    rows = Delivery.objects.filter(pk=found.pk)
    if trigger is not DeliveryTrigger.CONFIRM:
        # Only good news of a text counts once an operator had it sent again.
        rows = rows.filter(replay_count=replay_count)
    changes: dict[str, Any] = {"code": f"receipt_{receipt.status}"}
    if receipt.provider_id:
        changes["provider_id"] = receipt.provider_id
    if trigger is not DeliveryTrigger.TAKE:
        changes["ask_at"] = None
    elif found.state != DeliveryState.UNCERTAIN:
        return 0  # the answer itself says it, and says it better
    moved: int = rows.move(trigger, **changes)
    return moved


def _act(notice: Notice, found: Delivery, *, work: Work) -> bool:
    """The person called has said yes; the later steps of every recipient end."""
    if notice.acted_at is not None or notice.closed_at is not None or found.recipient is None:
        return False
    act_on(notice, person_id=found.recipient.person_id, work=work)
    return True


def _actor(found: Delivery, receipt: SmsReceipt) -> Actor:
    if receipt.status is ReceiptStatus.ACKNOWLEDGED and found.recipient is not None:
        return Actor("person", str(found.recipient.person_id))
    return Actor("provider")
