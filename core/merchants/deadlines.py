"""A pause ends by itself, whoever began it."""

from uuid import UUID

from core.deadlines.commands import set_deadline
from core.deadlines.registry import deadline_handler
from core.events.catalogue import STORE_AUTO_PAUSED, STORE_PAUSED
from core.events.facts import Fact
from core.events.work import Work, reacts_to
from core.merchants.commands import (
    DEADLINE_BUSY,
    DEADLINE_PAUSE,
    UNHEARD_PAUSE,
    end_busy,
    lock_merchant,
    pause_by_itself,
    resume_merchant,
    try_lock_merchant,
)
from core.merchants.models import Merchant, PauseCause


@reacts_to(STORE_PAUSED, STORE_AUTO_PAUSED)
def promise_resumption(fact: Fact, work: Work) -> None:
    """Set the deadline at which the shop takes orders again."""
    merchant = Merchant.objects.get(pk=fact.subject.id)
    if merchant.paused_until is not None:
        set_deadline(DEADLINE_PAUSE, subject=merchant.pk, due_at=merchant.paused_until, work=work)


@deadline_handler(DEADLINE_BUSY, lock=try_lock_merchant, of=Merchant)
def end_rush(merchant_id: UUID, work: Work) -> None:
    """Let the shop promise as usual again."""
    end_busy(merchant=lock_merchant(merchant_id), work=work)


@deadline_handler(DEADLINE_PAUSE, lock=try_lock_merchant, of=Merchant)
def end_pause(merchant_id: UUID, work: Work) -> None:
    """Let the shop take orders again."""
    merchant = lock_merchant(merchant_id)
    if merchant.pause_cause == PauseCause.NO_BOARD:
        # Only a board ends that; see core.presence.watch.
        again = work.now + UNHEARD_PAUSE
        pause_by_itself(merchant=merchant, until=again, cause=PauseCause.NO_BOARD, work=work)
        return
    resume_merchant(merchant=merchant, work=work)
