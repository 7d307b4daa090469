"""Writing who is there: many rows a statement, called by a web process's clockwork."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction

from core.database import run_repeatedly
from core.presence.models import BoardLoss, Device, WebNode


LEASE: Final = timedelta(seconds=45)
"""How long a process that says nothing, and every device of it, is taken to be there."""
ROWS_AT_ONCE: Final = 500
HEALTH: Final = ("battery_percent", "is_charging", "is_sound_allowed", "is_hidden")


def renew_lease(node_id: UUID, *, at: datetime) -> bool:
    """Push the process's lease forward; false when it was gone, and its devices with it."""
    if WebNode.objects.filter(pk=node_id).update(until=at + LEASE):
        return True
    WebNode.objects.create(pk=node_id, until=at + LEASE)
    return False


def write_devices(changed: Sequence[Device], gone: Sequence[Device], *, at: datetime) -> None:
    """Store devices that came or changed, and remove those that went."""

    def write() -> None:
        with transaction.atomic():
            _store(changed)
            _remove(gone, at=at)

    if changed or gone:
        run_repeatedly(write)


def remove_dead_nodes(*, at: datetime) -> int:
    """Remove processes whose lease has run out, with their devices; return how many."""
    dead = WebNode.objects.filter(until__lte=at).values_list("pk", flat=True)
    return sum(run_repeatedly(partial(_remove_node, node_id, at=at)) for node_id in list(dead))


def _remove_node(node_id: UUID, *, at: datetime) -> bool:
    """Remove one process, unless it has come back meanwhile."""
    with transaction.atomic():
        rows = WebNode.objects.select_for_update().filter(pk=node_id, until__lte=at)
        node = rows.first()
        if node is None:
            return False
        _remove(list(Device.objects.filter(node=node_id)), at=node.until - LEASE)
        rows.delete()
    return True


def _store(changed: Sequence[Device]) -> None:
    if changed:
        Device.objects.bulk_create(
            changed,
            batch_size=ROWS_AT_ONCE,
            update_conflicts=True,
            update_fields=HEALTH,
            unique_fields=None if _names_no_key() else ["id"],
        )


def _names_no_key() -> bool:
    """Whether the database finds the conflict by itself, and refuses to be told where."""
    return not transaction.get_connection().features.supports_update_conflicts_with_target


def _remove(gone: Sequence[Device], *, at: datetime) -> None:
    for start in range(0, len(gone), ROWS_AT_ONCE):
        ids = [device.pk for device in gone[start : start + ROWS_AT_ONCE]]
        Device.objects.filter(pk__in=ids).delete()
    shops = {device.merchant_id for device in gone if device.merchant_id is not None}
    if shops:
        # Sorted, so that two processes lock them in one order.
        BoardLoss.objects.bulk_create(
            [BoardLoss(merchant_id=shop, seen_at=at) for shop in sorted(shops)],
            batch_size=ROWS_AT_ONCE,
            update_conflicts=True,
            update_fields=["seen_at"],
            unique_fields=None if _names_no_key() else ["merchant"],
        )
