"""Writing who is there: many rows a statement, called by a web process's clockwork."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import Final
from uuid import UUID

from django.db import transaction

from core.database import run_repeatedly
from core.events.facts import SYSTEM
from core.events.work import unit_of_work
from core.presence.models import BoardLoss, Device, WebNode
from core.presence.watch import note_boards


LEASE: Final = timedelta(seconds=45)
"""How long a process that says nothing, and every device of it, is taken to be there."""
ROWS_AT_ONCE: Final = 500
"""In one transaction, which watches so many shops too."""
HEALTH: Final = ("battery_percent", "is_charging", "is_sound_allowed", "is_hidden")


def renew_lease(node_id: UUID, *, at: datetime) -> bool:
    """Push the process's lease forward; false when it was gone, and its devices with it."""
    if WebNode.objects.filter(pk=node_id).update(until=at + LEASE):
        return True
    WebNode.objects.create(pk=node_id, until=at + LEASE)
    return False


def write_devices(
    changed: Sequence[Device], gone: Sequence[Device], *, at: datetime, now: datetime
) -> None:
    """Store devices that came or changed, remove those that went, and watch their shops.

    `at` is real time, `now` that of business.
    """
    for some, left in zip_longest(_parts(changed), _parts(gone), fillvalue=()):
        run_repeatedly(partial(_write, some, left, at=at, now=now))


def _parts(devices: Sequence[Device]) -> Iterator[Sequence[Device]]:
    for start in range(0, len(devices), ROWS_AT_ONCE):
        yield devices[start : start + ROWS_AT_ONCE]


def _write(
    changed: Sequence[Device], gone: Sequence[Device], *, at: datetime, now: datetime
) -> None:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        _store(changed)
        _remove(gone, at=at)
        shops = {row.merchant_id for row in (*changed, *gone) if row.merchant_id is not None}
        if shops:
            note_boards(shops, work=work)


def remove_dead_nodes(*, at: datetime, now: datetime) -> int:
    """Remove processes whose lease has run out, with their devices; return how many."""
    dead = WebNode.objects.filter(until__lte=at).values_list("pk", flat=True)
    return sum(_remove_node(node_id, at=at, now=now) for node_id in list(dead))


def _remove_node(node_id: UUID, *, at: datetime, now: datetime) -> bool:
    """Remove one process, unless it has come back meanwhile; its devices first, part by part."""
    while True:
        devices = run_repeatedly(partial(_remove_some, node_id, at=at, now=now))
        if devices is None or devices < ROWS_AT_ONCE:
            return devices is not None


def _remove_some(node_id: UUID, *, at: datetime, now: datetime) -> int | None:
    with unit_of_work(now=now, actor=SYSTEM) as work:
        rows = WebNode.objects.select_for_update().filter(pk=node_id, until__lte=at)
        node = rows.first()
        if node is None:
            return None
        devices = list(Device.objects.filter(node=node_id)[:ROWS_AT_ONCE])
        _remove(devices, at=node.until - LEASE)
        shops = {row.merchant_id for row in devices if row.merchant_id is not None}
        if shops:
            note_boards(shops, work=work)
        if len(devices) < ROWS_AT_ONCE:
            rows.delete()
    return len(devices)


def _store(changed: Sequence[Device]) -> None:
    if changed:
        Device.objects.bulk_create(
            changed,
            update_conflicts=True,
            update_fields=HEALTH,
            unique_fields=None if _names_no_key() else ["id"],
        )


def _names_no_key() -> bool:
    """Whether the database finds the conflict by itself, and refuses to be told where."""
    return not transaction.get_connection().features.supports_update_conflicts_with_target


def _remove(gone: Sequence[Device], *, at: datetime) -> None:
    if gone:
        Device.objects.filter(pk__in=[device.pk for device in gone]).delete()
    shops = {device.merchant_id for device in gone if device.merchant_id is not None}
    if shops:
        # Sorted, so that two processes lock them in one order.
        BoardLoss.objects.bulk_create(
            [BoardLoss(merchant_id=shop, seen_at=at) for shop in sorted(shops)],
            update_conflicts=True,
            update_fields=["seen_at"],
            unique_fields=None if _names_no_key() else ["merchant"],
        )
