"""Tells the web processes that notices climbed, so that they can count it; nothing more."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from core.bell import bell
from core.events.streams import shard_group
from notifications.models import Delivery


def tell_climbs(rows: Sequence[Delivery]) -> None:
    """Ring after COMMIT with each notice's new steps, as `<number>_<channel>`."""
    climbs = {(row.notice_id, f"{row.step}_{row.channel}") for row in rows}
    if climbs:
        steps = sorted(step for _, step in climbs)
        transaction.on_commit(partial(bell.ring, shard_group("notices"), {"climb": steps}))
