"""Closing the sockets of somebody who lost a right, in every process."""

from functools import partial
from uuid import UUID

from django.db import transaction

from core.bell import bell
from core.events.streams import shard_group


def close_sockets(person_id: UUID) -> None:
    """Close the person's sockets after COMMIT; whoever may still connect does so anew.

    The bus may lose the message; then the lease ends, which asks what the person may still hear.
    """
    group = shard_group(f"user:{person_id}")
    transaction.on_commit(partial(bell.ring, group, {"revoke": [str(person_id)]}))
