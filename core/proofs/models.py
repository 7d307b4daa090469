"""Photos and signatures: what is known of each; the picture itself lies in the store."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from core.legs.models import DeliveryLeg


class ProofFile(models.Model):
    """One picture that a courier took of one leg; its id is the courier's device's."""

    id = models.UUIDField(primary_key=True, editable=False)
    leg = models.ForeignKey(DeliveryLeg, on_delete=models.CASCADE, related_name="proof_files")
    kind = models.CharField(max_length=12)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    source_sha256 = models.CharField(max_length=64)
    """Of the bytes that were sent: the same id with others is another picture."""
    sha256 = models.CharField(max_length=64)
    """Of the bytes that are stored."""
    name = models.CharField(max_length=160)
    """What the store calls it."""
    content_type = models.CharField(max_length=20)
    size_bytes = models.PositiveIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    captured_at = models.DateTimeField()
    """By the device's clock, never later than `created_at`."""
    created_at = models.DateTimeField()
    stored_at = models.DateTimeField(null=True)
    """Null until the store has it: the row comes first, so that no picture lies there unknown."""
    purged_at = models.DateTimeField(null=True)
    """When retention removed the picture; what is known of it stays."""

    class Meta:
        indexes: ClassVar = [models.Index(fields=["purged_at", "created_at"], name="proof_age")]

    def store(self, *, sha256: str, size_bytes: int, now: datetime) -> None:
        """The store has it, as so many bytes of that digest."""
        self.sha256, self.size_bytes = sha256, size_bytes
        self.stored_at = now

    def purge(self, *, now: datetime) -> None:
        """The store has it no more."""
        self.purged_at = now
