"""Gathers messages instead of sending them, and tells what is left of them at their hour."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.deadlines.commands import set_deadline
from core.deadlines.registry import deadline_handler
from core.events.work import Work
from notifications.commands import Draft, send_notice
from notifications.digests.models import Digest, DigestItem
from notifications.models import Delivery, PersonalDay, RecipientNotice
from notifications.people import recipient
from notifications.policies import DIGEST
from notifications.templates import words_for


DEADLINE: Final = "notification.digest"
SHOWN_TITLES: Final = 3
SEPARATOR: Final = " · "


def gather(
    rows: Mapping[UUID, Sequence[Delivery]], days: Mapping[UUID, PersonalDay], *, work: Work
) -> None:
    """Put each person's locked deliveries into the digest that comes next for them."""
    for person_id, deliveries in sorted(rows.items()):
        digest = _open_digest(days[person_id], work)
        DigestItem.objects.bulk_create(
            DigestItem(digest=digest, delivery=delivery) for delivery in deliveries
        )


def _open_digest(day: PersonalDay, work: Work) -> Digest:
    """Return the next digest, locked: while we hold it, it cannot close without our items."""
    due_at = day.next_digest_at(after=work.now)
    while True:
        digest, is_new = Digest.objects.get_or_create(person_id=day.person_id, due_at=due_at)
        if is_new:
            set_deadline(DEADLINE, subject=digest.pk, due_at=due_at, work=work)
            return digest
        digest = Digest.objects.select_for_update().get(pk=digest.pk)
        if digest.closed_at is None:
            return digest
        # Another machine's clock is ahead of ours.
        due_at = day.next_digest_at(after=due_at)


def _lock(digest_id: UUID) -> bool:
    waiting = Digest.objects.select_for_update(skip_locked=True)
    return waiting.filter(pk=digest_id).first() is not None


@deadline_handler(DEADLINE, lock=_lock, of=Digest)
def close_digest(digest_id: UUID, work: Work) -> None:
    """Tell the person of everything gathered that they have not dealt with meanwhile."""
    digest = Digest.objects.select_related("person").get(pk=digest_id)
    if digest.closed_at is not None:
        return
    digest.close(now=work.now)
    left = _left_of(digest)
    if not left:
        return
    draft = Draft(
        kind=DIGEST,
        event_id=digest.pk,
        topic=f"user:{digest.person_id}",
        subject=f"digest:{digest.pk}",
        order_id=None,
        expires_at=_expiry(work.now),
        variables={"count": len(left), "titles": _titles(left, digest.person.locale)},
    )
    send_notice(draft, recipients=recipient(digest.person), work=work)


def _left_of(digest: Digest) -> list[RecipientNotice]:
    """Inbox rows that are still open: neither seen, nor acted upon, nor made old by newer news.

    How long each was of use does not count: who reads a digest asked to hear of it later.
    """
    return list(
        RecipientNotice.objects.select_related("notice")
        .filter(
            deliveries__digest_item__digest=digest,
            closed_at__isnull=True,
            notice__closed_at__isnull=True,
        )
        .distinct()
        .order_by("pk")
    )


def _titles(left: Sequence[RecipientNotice], locale: str) -> str:
    """Return the titles of the newest few."""
    newest = [row.notice for row in reversed(left[-SHOWN_TITLES:])]
    return SEPARATOR.join(
        words_for(each.template, locale, each.variables).title for each in newest
    )


def _expiry(now: datetime) -> datetime:
    return now + DIGEST.lifetime
