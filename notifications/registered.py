"""The devices that a person is pushed to, as they see them, and taking one away."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.db.models import Max

from core.errors import NotFound
from core.people.models import Person
from notifications.channels.result import Outcome
from notifications.devices import REMOVED
from notifications.models import Attempt, PushSubscription, RecipientNotice


SHOWN: Final = 50
LATEST_NOTICES: Final = 100
"""So many of a person's notices are looked at for when each device was last reached."""


def get_devices(person: Person) -> list[dict[str, Any]]:
    """Return the devices that are pushed to, the newest first, never their address or token.

    `fingerprint` is the SHA-256 of a browser's address: by it a browser knows itself.
    """
    live = PushSubscription.objects.filter(person=person, gone_at__isnull=True)
    rows = list(live.order_by("-created_at", "-pk")[:SHOWN])
    reached = _reached_at(person, [row.pk for row in rows])
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "service": service_of(row),
            "fingerprint": row.endpoint_hash,
            "created_at": row.created_at,
            "reached_at": reached.get(row.pk),
        }
        for row in rows
    ]


def service_of(row: PushSubscription) -> str:
    """Return the app, or the host of the push service of a browser."""
    return row.app_id or urlsplit(row.endpoint).hostname or ""


def _reached_at(person: Person, ids: Collection[int]) -> dict[int, datetime]:
    """When a push service last took a message for each device, of the newest notices."""
    newest = RecipientNotice.objects.filter(person=person).order_by("-pk")
    notices = list(newest.values_list("pk", flat=True)[:LATEST_NOTICES])
    taken = Attempt.objects.filter(
        delivery__recipient__in=notices, subscription_id__in=ids, outcome=Outcome.SENT
    )
    rows = taken.values_list("subscription_id").annotate(at=Max("finished_at"))
    return {device_id: at for device_id, at in rows if device_id is not None}


def forget_device(*, person: Person, device_id: int, now: datetime) -> None:
    """Push nothing more to it.

    :raises NotFound: it is not theirs, or was taken away before.
    """
    mine = PushSubscription.objects.filter(pk=device_id, person=person, gone_at__isnull=True)
    if not mine.update(gone_at=now, gone_code=REMOVED):
        raise NotFound
