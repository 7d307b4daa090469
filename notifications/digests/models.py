"""Digests: what somebody wants to hear at their hour, and which messages each gathered."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from core.identifiers import new_id


class Digest(models.Model):
    """One gathering of one person; it closes at `due_at`, with a notice if anything is left."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests"
    )
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "due_at"], name="digest_once"),
        ]

    def close(self, *, now: datetime) -> None:
        """Take nothing more; the caller holds the row lock."""
        self.closed_at = now
        self.save(update_fields=["closed_at"])


class DigestItem(models.Model):
    """A message that was gathered instead of sent; in one digest, once."""

    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, related_name="items")
    delivery = models.OneToOneField(
        "notifications.Delivery", on_delete=models.CASCADE, related_name="digest_item"
    )
