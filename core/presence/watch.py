"""Shops whose orders nobody would hear: paused when that lasts, resumed when a board is back.

Nobody looks at all shops again and again. When a shop's last healthy board goes, a deadline is
set; when one comes, it is cleared: in the transaction that writes the boards down, a fixed number
of statements for any number of shops. Five minutes without a board pause a shop in its opening
hours, half a minute with one resumes it; so a board that comes and goes cannot make it flap.

A shop that has never shown a board is not watched, nor one that accepts by itself or by a point
of sale. Both spans are of real time, as all of presence is.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from core.clock import clock
from core.deadlines.commands import clear_deadlines, set_deadline
from core.deadlines.models import Deadline
from core.deadlines.registry import deadline_handler
from core.events.catalogue import (
    STORE_AUTO_PAUSED,
    STORE_CLOSED,
    STORE_CONFIGURED,
    STORE_OPENED,
    STORE_PAUSED,
    STORE_RESUMED,
)
from core.events.facts import Fact
from core.events.work import Work, reacts_to
from core.merchants.availability import get_availability
from core.merchants.commands import (
    UNHEARD_PAUSE,
    lock_merchant,
    pause_by_itself,
    resume_merchant,
    try_lock_merchant,
)
from core.merchants.models import Merchant, PauseCause
from core.presence.models import BoardLoss, Device


LOST_SECONDS: Final = 300.0
"""Real seconds without a healthy board after which a shop is paused."""
BACK_SECONDS: Final = 30.0
"""Real seconds with one after which such a shop resumes."""

DEADLINE_LOST: Final = "merchant.board_lost"
DEADLINE_BACK: Final = "merchant.board_back"


def note_boards(shop_ids: Collection[UUID], *, work: Work) -> None:
    """Watch what has become of these shops' boards, whose rows were just written.

    Two that go at once must see each other gone, so the shops are locked, in one order.
    """
    rows = Merchant.objects.select_for_update().filter(pk__in=shop_ids).order_by("pk")
    list(rows.values_list("pk", flat=True))
    heard = _heard(shop_ids)
    silent = set(shop_ids) - heard
    _clear(DEADLINE_LOST, heard)
    _clear(DEADLINE_BACK, silent)
    _promise_back(heard, work)
    _promise_lost(silent, work)


def _heard(shop_ids: Collection[UUID]) -> set[UUID]:
    """Those of the shops at which an alert would be heard.

    The rows of a process that died count until they are removed, which brings us here again.
    """
    rows = Device.objects.filter(merchant__in=shop_ids).exclude(is_sound_allowed=False)
    return set(rows.values_list("merchant", flat=True).distinct())


def _clear(kind: str, shop_ids: Collection[UUID]) -> None:
    # Read first: of the many shops whose board comes or goes, few have such a deadline.
    rows = Deadline.objects.filter(kind=kind, subject__in=shop_ids).values_list("pk", flat=True)
    found = list(rows) if shop_ids else []
    if found:
        Deadline.objects.filter(pk__in=found).delete()


def _promise_back(shop_ids: Collection[UUID], work: Work) -> None:
    paused = Merchant.objects.filter(pk__in=shop_ids, pause_cause=PauseCause.NO_BOARD)
    due_at = work.now + clock().technical(BACK_SECONDS)
    for shop_id in _without(DEADLINE_BACK, paused.values_list("pk", flat=True)):
        set_deadline(DEADLINE_BACK, subject=shop_id, due_at=due_at, work=work)


def _promise_lost(shop_ids: Collection[UUID], work: Work) -> None:
    """Keep what was promised before: a board that comes and goes mute wins no time."""
    wanted = _without(DEADLINE_LOST, shop_ids)
    shops = Merchant.objects.filter(pk__in=wanted).select_related("zone")
    for shop in shops.prefetch_related("opening_hours") if wanted else ():
        due_at = _lost_at(shop, work.now)
        if due_at is not None:
            set_deadline(DEADLINE_LOST, subject=shop.pk, due_at=due_at, work=work)


def _without(kind: str, shop_ids: Iterable[UUID]) -> list[UUID]:
    wanted = set(shop_ids)
    if not wanted:
        return []
    rows = Deadline.objects.filter(kind=kind, subject__in=wanted)
    return sorted(wanted - set(rows.values_list("subject", flat=True)))


def _lost_at(shop: Merchant, now: datetime) -> datetime | None:
    """When a shop without a board is to be paused; null when it need not be."""
    if shop.auto_accept or not shop.needs_board or shop.pause_cause == PauseCause.NO_BOARD:
        return None
    found = get_availability(shop, now)
    begins_at = now if found.is_taking else found.again_at
    return begins_at + clock().technical(LOST_SECONDS) if begins_at is not None else None


@reacts_to(
    STORE_OPENED,
    STORE_CLOSED,
    STORE_PAUSED,
    STORE_AUTO_PAUSED,
    STORE_RESUMED,
    STORE_CONFIGURED,
)
def watch_anew(fact: Fact, work: Work) -> None:
    """Begin to watch a shop that takes orders again, and leave one in peace that does not."""
    shop_id = fact.subject.id
    clear_deadlines(subject=shop_id, kinds=[DEADLINE_LOST, DEADLINE_BACK])
    # A shop that has never lost a board is either heard or has never shown one.
    if not BoardLoss.objects.filter(pk=shop_id).exists() or _heard([shop_id]):
        return
    due_at = _lost_at(Merchant.objects.select_related("zone").get(pk=shop_id), work.now)
    if due_at is not None:
        set_deadline(DEADLINE_LOST, subject=shop_id, due_at=due_at, work=work)


@deadline_handler(DEADLINE_LOST, lock=try_lock_merchant, of=Merchant)
def pause_unheard(shop_id: UUID, work: Work) -> None:
    """Pause the shop that nobody would hear, or look again when it takes orders."""
    shop = lock_merchant(shop_id)
    if _heard([shop_id]):
        return
    if get_availability(shop, work.now).is_taking:
        until = work.now + UNHEARD_PAUSE
        pause_by_itself(merchant=shop, until=until, cause=PauseCause.NO_BOARD, work=work)
        return
    due_at = _lost_at(shop, work.now)
    if due_at is not None:
        set_deadline(DEADLINE_LOST, subject=shop_id, due_at=due_at, work=work)


@deadline_handler(DEADLINE_BACK, lock=try_lock_merchant, of=Merchant)
def resume_heard(shop_id: UUID, work: Work) -> None:
    """Let the shop take orders again, as its board has stayed."""
    shop = lock_merchant(shop_id)
    if shop.pause_cause == PauseCause.NO_BOARD and _heard([shop_id]):
        resume_merchant(merchant=shop, work=work)
