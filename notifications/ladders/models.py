"""What operators have set in place of the ladders in `notifications.policies`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import models

from core.identifiers import new_id
from core.merchants.models import Merchant


ONLY: Final = 1


class LadderEdition(models.Model):
    """Names what all ladders together say now; its row lock guards every one of them.

    Processes keep the ladders in memory and compare this one word.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    token = models.CharField(max_length=36, blank=True)
    """New whenever anything changes; random, so that no backup brings an old one back."""

    def renew(self) -> None:
        """Give what was said until now no name any more."""
        self.token = str(new_id())
        self.save(update_fields=["token"])


class Ladder(models.Model):
    """One scope's steps; guarded by the edition's row lock. Its history are its events."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scope = models.CharField(max_length=100, unique=True)
    """As `notifications.ladders.scopes` writes it: whose notices climb it."""
    merchant = models.ForeignKey(
        Merchant, null=True, on_delete=models.CASCADE, related_name="ladders", db_constraint=False
    )
    """The shop that it is for, where it is for one."""
    steps = models.JSONField(null=True)
    """As `notifications.ladders.steps` writes them; null since it was taken back."""
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["merchant", "scope"], name="ladder_merchant")]

    def change(self, steps: Sequence[dict[str, Any]] | None, *, now: datetime) -> None:
        """Set or take back the steps as one new version; the caller holds the edition's lock."""
        self.steps = None if steps is None else list(steps)
        self.version += 1
        self.changed_at = now
        self.save()
