"""Dead letters of each kind, made by the moves that the senders make."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.events import catalogue as events
from core.gate.registry import COMMANDS, Call
from core.gate.run import parse, run_command
from core.people.models import Person
from notifications.channels.sms_provider import ReceiptStatus, SmsReceipt
from notifications.models import Delivery
from notifications.states import DeliveryTrigger
from tests.notifications.delivery.town import NOON, about, order, person, seconds, shop, state


LATER = NOON + seconds(100)


def waiting(channel: str = "push") -> Delivery:
    """Let a new order wait for one message to its shop; its other steps are taken away."""
    made = order(shop(clerks=0))
    state(events.ORDER_PLACED, about(made))
    rows = Delivery.objects.filter(notice__order_id=made.pk)
    first = rows.filter(channel=channel).order_by("step").first()
    assert first is not None
    rows.exclude(pk=first.pk).delete()
    return first


def dead(channel: str = "push", *, code: str = "http_503", attempts: int = 8) -> Delivery:
    """Let a message die when its attempts are spent."""
    row = waiting(channel)
    same = Delivery.objects.filter(pk=row.pk)
    same.move(DeliveryTrigger.CLAIM, attempts=attempts, provider=_provider(channel))
    same.move(DeliveryTrigger.GIVE_UP, code=code)
    row.refresh_from_db()
    return row


def uncertain(channel: str = "sms") -> Delivery:
    """Let nobody know whether the vendor took a text."""
    row = waiting(channel)
    same = Delivery.objects.filter(pk=row.pk)
    same.move(DeliveryTrigger.CLAIM, attempts=1, provider="sandbox")
    same.move(DeliveryTrigger.DOUBT, code="timeout", ask_at=LATER)
    row.refresh_from_db()
    return row


def _provider(channel: str) -> str:
    return "" if channel == "push" else "sandbox"


def replay(
    row: Delivery,
    *,
    by: Person | None = None,
    now: datetime = LATER,
    key: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Have it sent again through the gate, by some operator."""
    return give("delivery.replay", by=by, now=now, key=key, delivery_id=row.pk, **more)


def give(
    name: str,
    *,
    by: Person | None = None,
    now: datetime = LATER,
    key: str | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Give an operator's command."""
    spec = COMMANDS[name]
    subject_id, parsed = parse(spec, {"reason": "the service is back", **arguments})
    who = by or person("Zhao", is_operator=True)
    return run_command(spec, Call(person=who, now=now, subject_id=subject_id), parsed, key=key)


def word(delivery_id: UUID, status: ReceiptStatus, *, replay_count: int = 0) -> SmsReceipt:
    """Return the vendor's word on the text, as it was given so often before."""
    suffix = f".{replay_count}" if replay_count else ""
    return SmsReceipt(
        event_id=f"{delivery_id}{suffix}:{status}",
        provider_id="",
        out_id=f"{delivery_id}{suffix}",
        to="+8613800000000",
        status=status,
        occurred_at=LATER,
    )
