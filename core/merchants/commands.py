"""Opening, pausing and closing a shop; selling out and restocking what it offers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from core.deadlines.commands import clear_deadlines, set_deadline
from core.errors import NotFound
from core.events.catalogue import (
    ITEM_RESTORED,
    ITEM_SOLD_OUT,
    STORE_AUTO_PAUSED,
    STORE_BUSY,
    STORE_CALM,
    STORE_CLOSED,
    STORE_CONFIGURED,
    STORE_OPENED,
    STORE_PAUSED,
    STORE_RESUMED,
    EventType,
)
from core.events.facts import Subject
from core.events.work import Work
from core.merchants.models import MenuItem, Merchant, PauseCause


DEADLINE_PAUSE = "merchant.pause"
DEADLINE_BUSY = "merchant.busy"
UNHEARD_PAUSE: Final = timedelta(days=1)
"""Of a shop that nobody would hear; it lasts until somebody would, however often it is renewed."""

MERCHANT_FIELDS = [
    *("is_open", "paused_until", "pause_reason", "pause_cause", "missed_streak"),
    *("busy_minutes", "busy_until", "needs_board", "version"),
]
ITEM_FIELDS = ["is_sold_out", "stock", "version"]


def lock_merchant(merchant_id: UUID) -> Merchant:
    """Return the shop under its row lock, which comes after an order's and before an item's.

    :raises NotFound: when there is none.
    """
    merchant = Merchant.objects.select_for_update().filter(pk=merchant_id).first()
    if merchant is None:
        raise NotFound
    return merchant


def try_lock_merchant(merchant_id: UUID) -> bool:
    """Lock the shop unless another transaction has it; for deadlines."""
    rows = Merchant.objects.select_for_update(skip_locked=True).filter(pk=merchant_id)
    return rows.values_list("pk", flat=True).first() is not None


def lock_item(item_id: UUID) -> MenuItem:
    """Return the item under its row lock.

    :raises NotFound: when there is none.
    """
    item = MenuItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None:
        raise NotFound
    return item


def open_merchant(*, merchant: Merchant, work: Work) -> None:
    """Turn the locked shop's switch on; already open and not paused is fine."""
    if merchant.is_open and merchant.paused_until is None:
        return
    merchant.switch(is_open=True)
    _unpause(merchant, STORE_OPENED, work)


def close_merchant(*, merchant: Merchant, work: Work) -> None:
    """Turn the locked shop's switch off; running orders go on."""
    if not merchant.is_open:
        return
    merchant.switch(is_open=False)
    _unpause(merchant, STORE_CLOSED, work)


def pause_merchant(*, merchant: Merchant, until: datetime, reason: str, work: Work) -> None:
    """Take no orders until then; the locked shop resumes by itself."""
    merchant.pause(until=until, reason=reason)
    merchant.save(update_fields=MERCHANT_FIELDS)
    _record(STORE_PAUSED, merchant, work)


def pause_by_itself(*, merchant: Merchant, until: datetime, cause: PauseCause, work: Work) -> None:
    """Let the locked shop take no orders, though nobody of it has said so."""
    merchant.pause(until=until, reason=cause.value, cause=cause)
    merchant.save(update_fields=MERCHANT_FIELDS)
    _record(STORE_AUTO_PAUSED, merchant, work)


def be_busy(*, merchant: Merchant, minutes: int, until: datetime | None, work: Work) -> None:
    """Take so many minutes longer from now on, until then or until told otherwise."""
    merchant.be_busy(minutes=minutes, until=until)
    merchant.save(update_fields=MERCHANT_FIELDS)
    clear_deadlines(subject=merchant.pk, kinds=[DEADLINE_BUSY])
    if until is not None:
        set_deadline(DEADLINE_BUSY, subject=merchant.pk, due_at=until, work=work)
    data = {"busy_minutes": minutes, "busy_until": until}
    _record(STORE_BUSY, merchant, work, data)


def end_busy(*, merchant: Merchant, work: Work) -> None:
    """Take as long as usual again; not busy is fine."""
    if not merchant.busy_minutes:
        return
    merchant.be_busy(minutes=0, until=None)
    merchant.save(update_fields=MERCHANT_FIELDS)
    clear_deadlines(subject=merchant.pk, kinds=[DEADLINE_BUSY])
    _record(STORE_CALM, merchant, work)


def need_board(*, merchant: Merchant, value: bool, work: Work) -> None:
    """Say whether orders are answered at a board, and so its boards watched."""
    if merchant.needs_board is value:
        return
    merchant.need_board(value=value)
    merchant.save(update_fields=MERCHANT_FIELDS)
    _record(STORE_CONFIGURED, merchant, work, {"needs_board": value})


def resume_merchant(*, merchant: Merchant, work: Work) -> None:
    """End the pause; not paused is fine."""
    if merchant.paused_until is None:
        return
    merchant.resume()
    _unpause(merchant, STORE_RESUMED, work)


def sell_out_item(*, item: MenuItem, work: Work) -> None:
    """Take the locked item off the menu; again is fine."""
    if item.is_sold_out:
        return
    item.sell_out()
    item.save(update_fields=ITEM_FIELDS)
    _record_item(ITEM_SOLD_OUT, item, work)


def restore_item(*, item: MenuItem, work: Work) -> None:
    """Offer the locked item again; with nothing in stock the limit is lifted."""
    if not item.is_sold_out and item.stock != 0:
        return
    item.restore(stock=item.stock or None)
    item.save(update_fields=ITEM_FIELDS)
    _record_item(ITEM_RESTORED, item, work)


def set_stock(*, item: MenuItem, stock: int | None, work: Work) -> None:
    """Say how many of the locked item are left: 0 sells it out, null lifts the limit."""
    item.restore(stock=stock)
    if stock == 0:
        item.sell_out()
    item.save(update_fields=ITEM_FIELDS)
    _record_item(ITEM_SOLD_OUT if stock == 0 else ITEM_RESTORED, item, work)


def _unpause(merchant: Merchant, kind: EventType, work: Work) -> None:
    merchant.save(update_fields=MERCHANT_FIELDS)
    clear_deadlines(subject=merchant.pk, kinds=[DEADLINE_PAUSE])
    _record(kind, merchant, work)


def _record(
    kind: EventType, merchant: Merchant, work: Work, data: Mapping[str, Any] | None = None
) -> None:
    if data is None:
        data = {
            "paused_until": merchant.paused_until,
            "reason": merchant.pause_reason,
            "cause": merchant.pause_cause,
        }
    subject = Subject(kind="merchant", id=merchant.pk)
    work.record(kind, subject=subject, version=merchant.version, data=data)


def _record_item(kind: EventType, item: MenuItem, work: Work) -> None:
    work.record(
        kind,
        subject=Subject(kind="item", id=item.pk),
        version=item.version,
        data={"merchant_id": item.merchant_id, "stock": item.stock},
    )
