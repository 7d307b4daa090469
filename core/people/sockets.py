"""Closing the sockets of somebody who lost a right, in every process."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from core.bell import bell
from core.clock import real_now
from core.events.streams import shard_group
from core.people.models import Person


def close_sockets(person_id: UUID) -> None:
    """Close the person's sockets after COMMIT; whoever may still connect does so anew.

    The bus may lose the message; every process therefore looks for new marks all the time.
    """
    Person.objects.filter(pk=person_id).update(sockets_revoked_at=real_now())
    group = shard_group(f"user:{person_id}")
    transaction.on_commit(partial(bell.ring, group, {"revoke": [str(person_id)]}))


def get_revocations(*, since: datetime) -> dict[UUID, datetime]:
    """Who lost their sockets after `since` (real time), and when for the last time."""
    rows = Person.objects.filter(sockets_revoked_at__gt=since)
    found = rows.values_list("pk", "sockets_revoked_at")
    return {person_id: at for person_id, at in found if at is not None}
