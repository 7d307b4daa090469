"""What devices tell back: delivered, seen, acted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from core.database import run_repeatedly
from core.errors import NotFound
from core.events.catalogue import NOTIFICATION_DELIVERED, NOTIFICATION_SEEN
from core.events.facts import Actor
from core.events.work import Work, unit_of_work
from core.people.models import Membership, Person
from notifications.commands import act_on, record_notice
from notifications.escalation import Channel
from notifications.models import Notice
from notifications.policies import KINDS
from notifications.states import DeliveryTrigger


PREFIX = "r_"
RECEIPT_LIMIT = 500
"""Receipts that are marked at once; of more, only these."""

Mark = Callable[[Notice, Person, Work], bool]
"""Changes one locked notice for a person; true when it changed anything."""


def mark_delivered(*, person: Person, receipts: Sequence[str], now: datetime) -> int:
    """A device of `person` has these; return how many notices that concerned."""
    # Most frames are acknowledged by several devices: look before taking any lock.
    fresh = _notices_of(person, receipts).filter(
        Q(delivered_at__isnull=True)
        | Q(recipients__person=person, recipients__delivered_at__isnull=True)
    )
    ids = list(fresh.values_list("pk", flat=True).distinct())
    return _mark(ids, person=person, now=now, how=_deliver) if ids else 0


def mark_seen(*, person: Person, receipts: Sequence[str], now: datetime) -> int:
    """`person` saw these; return how many notices that concerned."""
    ids = list(_notices_of(person, receipts).values_list("pk", flat=True))
    return _mark(ids, person=person, now=now, how=_see) if ids else 0


def mark_acted(*, person: Person, receipts: Sequence[str], now: datetime) -> int:
    """`person` acted upon these: no device is bothered any more."""
    ids = list(
        _notices_of(person, receipts)
        .filter(acted_at__isnull=True, closed_at__isnull=True)
        .values_list("pk", flat=True)
    )
    return _mark(ids, person=person, now=now, how=_act) if ids else 0


def portions(receipts: Iterable[str]) -> Iterator[Sequence[str]]:
    """Cut many receipts, each once, into lists that can be marked at once."""
    each_once = list(dict.fromkeys(receipts))
    for start in range(0, len(each_once), RECEIPT_LIMIT):
        yield each_once[start : start + RECEIPT_LIMIT]


def see_notice(*, person: Person, notice_id: UUID, now: datetime) -> None:
    """`person` saw the notice.

    :raises NotFound: it does not exist or is not theirs.
    """
    _mark([_own(person, notice_id)], person=person, now=now, how=_see)


def act_on_notice(*, person: Person, notice_id: UUID, now: datetime) -> None:
    """`person` acted upon the notice, from whatever device.

    :raises NotFound: it does not exist or is not theirs.
    """
    _mark([_own(person, notice_id)], person=person, now=now, how=_act)


def _visible_to(person: Person) -> Q:
    """Notices that `person` may speak for: their own, and those of every shop they work for."""
    merchants = Membership.objects.filter(person=person).values_list("merchant_id", flat=True)
    topics = [f"merchant:{merchant}" for merchant in merchants]
    return Q(recipients__person=person) | Q(topic__in=topics)


def _notices_of(person: Person, receipts: Sequence[str]) -> QuerySet[Notice]:
    return Notice.objects.filter(
        _visible_to(person), event_id__in=list(_event_ids(receipts))
    ).distinct()


def _own(person: Person, notice_id: UUID) -> UUID:
    if not Notice.objects.filter(_visible_to(person), pk=notice_id).exists():
        raise NotFound
    return notice_id


def _event_ids(receipts: Sequence[str]) -> Iterable[UUID]:
    for receipt in receipts[:RECEIPT_LIMIT]:
        if receipt.startswith(PREFIX):
            try:
                yield UUID(hex=receipt.removeprefix(PREFIX))
            except ValueError:
                continue


def _mark(ids: list[UUID], *, person: Person, now: datetime, how: Mark) -> int:
    def transaction() -> int:
        with unit_of_work(now=now, actor=Actor("person", str(person.pk))) as work:
            notices = Notice.objects.select_for_update().filter(pk__in=ids).order_by("pk")
            return sum(how(notice, person, work) for notice in list(notices))

    return run_repeatedly(transaction)


def _deliver(notice: Notice, person: Person, work: Work) -> bool:
    mine = notice.recipients.filter(person=person, delivered_at__isnull=True)
    changed = mine.update(delivered_at=work.now) > 0
    return note_arrival(notice, work=work) or changed


def note_arrival(notice: Notice, *, work: Work) -> bool:
    """Note the first arrival at anybody's device."""
    if notice.delivered_at is not None:
        return False
    notice.advance(delivered_at=work.now)
    board = notice.deliveries.filter(channel=Channel.BOARD)
    board.move(DeliveryTrigger.CONFIRM)
    record_notice(NOTIFICATION_DELIVERED, notice, persons=(), work=work)
    return True


def _see(notice: Notice, person: Person, work: Work) -> bool:
    _deliver(notice, person, work)
    if notice.seen_at is None:
        notice.advance(seen_at=work.now)
    mine = notice.recipients.filter(person=person, seen_at__isnull=True)
    # Where seeing is all it asks, the notice leaves the unread ones.
    open_mine = mine.filter(closed_at__isnull=True)
    if not KINDS[notice.template].policy.needs_act and open_mine.exists():
        changed = open_mine.change(seen_at=work.now, closed_at=work.now)
    else:
        changed = mine.change(seen_at=work.now)
    if changed:
        record_notice(NOTIFICATION_SEEN, notice, persons=[person.pk], work=work)
    return bool(changed)


def _act(notice: Notice, person: Person, work: Work) -> bool:
    if notice.acted_at is not None or notice.closed_at is not None:
        return False
    _deliver(notice, person, work)
    act_on(notice, person_id=person.pk, work=work)
    return True
