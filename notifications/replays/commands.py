"""Having dead letters sent again: by an operator, one by one or all of a kind, never by itself."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import F

from core.errors import NotFound
from core.events.catalogue import NOTIFICATION_REPLAYED
from core.events.work import Work
from notifications.commands import record_notice
from notifications.escalation import Channel
from notifications.lanes import Lane
from notifications.models import Delivery, Notice
from notifications.replays.queries import Wanted, dead_letters
from notifications.replays.refusals import ReplayUnconfirmed, needs_confirmation, refusal_of
from notifications.states import DeliveryState, DeliveryTrigger
from notifications.wakeups import wake_marketing, wake_senders


REPLAY_LIMIT: Final = 200
"""Messages of one command: others wait for its locks, on SQLite for all of it."""


def replay_delivery(*, delivery_id: UUID, reason: str, is_confirmed: bool, work: Work) -> Delivery:
    """Have one dead letter sent again with a fresh budget of attempts, and keep who asked and why.

    :raises NotFound: there is no such message.
    :raises NotADeadLetter: it waits, is on its way or has ended well.
    :raises NoticeClosed: nobody needs it any more.
    :raises NoticeExpired: it would come too late.
    :raises ReplayUnconfirmed: its person may have it, and `is_confirmed` was not said.
    """
    notice_id = Delivery.objects.filter(pk=delivery_id).values_list("notice", flat=True).first()
    if notice_id is None:
        raise NotFound
    notice = Notice.objects.select_for_update().get(pk=notice_id)
    row: Delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    refusal = refusal_of(row, notice, now=work.now)
    if refusal is not None:
        raise refusal
    if needs_confirmation(row) and not is_confirmed:
        raise ReplayUnconfirmed
    _replay(notice, [row], reason=reason, work=work)
    row.refresh_from_db()
    return row


def replay_matching(
    *, wanted: Wanted, reason: str, is_confirmed: bool, work: Work
) -> dict[str, int]:
    """Have at most 200 of them sent again, the oldest first; return how many went and are left.

    Uncertain ones stay as they are unless `is_confirmed` is said.
    """
    able = dead_letters(wanted).filter(
        notice__closed_at__isnull=True,
        notice__acted_at__isnull=True,
        notice__expires_at__gt=work.now,
        expires_at__gt=work.now,
    )
    if not is_confirmed:
        able = able.exclude(state=DeliveryState.UNCERTAIN)
    chosen = dict(able.order_by("due_at", "pk").values_list("pk", "notice_id")[:REPLAY_LIMIT])
    count = 0
    for notice in Notice.objects.select_for_update().filter(pk__in=chosen.values()).order_by("pk"):
        ids = [pk for pk, notice_id in chosen.items() if notice_id == notice.pk]
        rows = [row for row in _lock(ids) if refusal_of(row, notice, now=work.now) is None]
        count += len(rows)
        _replay(notice, rows, reason=reason, work=work)
    return {"replayed_count": count, "left_count": able.count()}


def _lock(ids: Sequence[UUID]) -> Sequence[Delivery]:
    return list(Delivery.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def _replay(notice: Notice, rows: Sequence[Delivery], *, reason: str, work: Work) -> None:
    """Let the claim look at them once more; it decides as always whether they may go."""
    if not rows:
        return
    changes: dict[str, Any] = {
        "due_at": work.now,
        "spent_count": F("attempts"),
        "replay_count": F("replay_count") + 1,
        "provider_id": "",
        "ask_at": None,
        "lease_until": None,
    }
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).move(
        DeliveryTrigger.REPLAY, **changes
    )
    record_notice(
        NOTIFICATION_REPLAYED,
        notice,
        persons=(),
        work=work,
        deliveries=[str(row.pk) for row in rows],
        reason=reason,
    )
    wake_senders(work, frozenset(Channel(row.channel) for row in rows if row.lane == Lane.SERVICE))
    if any(row.lane == Lane.MARKETING for row in rows):
        wake_marketing(work)
