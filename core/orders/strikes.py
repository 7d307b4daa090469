"""What a shop's failures lead to: strikes, and a pause after several missed orders in a row."""

from uuid import UUID

from django.db.models import F

from core.events.work import Work
from core.merchants.commands import lock_merchant, pause_by_itself
from core.merchants.models import Merchant, PauseCause
from core.orders.policy import AUTO_PAUSE, MISSED_BEFORE_PAUSE


def strike(merchant_id: UUID) -> None:
    """Count an order that ended by the shop's fault."""
    Merchant.objects.filter(pk=merchant_id).update(strike_count=F("strike_count") + 1)


def miss_order(merchant_id: UUID, *, work: Work) -> None:
    """Count an unanswered order; the third in a row pauses the shop."""
    merchant = lock_merchant(merchant_id)
    merchant.miss_order()
    if merchant.missed_streak >= MISSED_BEFORE_PAUSE:
        merchant.missed_streak = 0
        until, cause = work.now + AUTO_PAUSE, PauseCause.MISSED_ORDERS
        pause_by_itself(merchant=merchant, until=until, cause=cause, work=work)
    merchant.save(update_fields=["missed_streak", "strike_count"])


def answer_order(merchant: Merchant) -> None:
    """Forget the missed orders: the shop is awake."""
    if merchant.missed_streak:
        Merchant.objects.filter(pk=merchant.pk).update(missed_streak=0)
