"""What a shop's failures lead to: strikes, and a pause after several missed orders in a row."""

from uuid import UUID

from django.db.models import F

from core.events.catalogue import STORE_AUTO_PAUSED
from core.events.facts import Subject
from core.events.work import Work
from core.merchants.commands import lock_merchant
from core.merchants.models import Merchant
from core.orders.policy import AUTO_PAUSE, MISSED_BEFORE_PAUSE


def strike(merchant_id: UUID) -> None:
    """Count an order that ended by the shop's fault."""
    Merchant.objects.filter(pk=merchant_id).update(strike_count=F("strike_count") + 1)


def miss_order(merchant_id: UUID, *, work: Work) -> None:
    """Count an unanswered order; the third in a row pauses the shop."""
    merchant = lock_merchant(merchant_id)
    merchant.miss_order()
    if merchant.missed_streak >= MISSED_BEFORE_PAUSE:
        merchant.pause(until=work.now + AUTO_PAUSE, reason="missed_orders")
        merchant.missed_streak = 0
        work.record(
            STORE_AUTO_PAUSED,
            subject=Subject(kind="merchant", id=merchant.pk),
            version=merchant.version,
            data={"paused_until": merchant.paused_until, "reason": merchant.pause_reason},
        )
    merchant.save(
        update_fields=[
            "missed_streak",
            "strike_count",
            "paused_until",
            "pause_reason",
            "version",
        ]
    )


def answer_order(merchant: Merchant) -> None:
    """Forget the missed orders: the shop is awake."""
    if merchant.missed_streak:
        Merchant.objects.filter(pk=merchant.pk).update(missed_streak=0)
