"""Who is there: the web processes that live, and the devices connected to each of them.

A device's row costs a write when it comes, when it goes and when its health changes, and nothing
in between: its lease is that of its process, whose one row is pushed forward.
"""

from django.conf import settings
from django.db import models


class WebNode(models.Model):
    """One web process that has devices; all of them are gone once `until` has passed."""

    id = models.UUIDField(primary_key=True, editable=False)
    until = models.DateTimeField(db_index=True)
    """Real time, as in every row of this module: machines do not live on the business clock."""


class Device(models.Model):
    """One connection's place at a shop's board, or at its courier's own jobs."""

    # Referential checks would lock rows of people and shops for what is gone in a minute.
    id = models.UUIDField(primary_key=True, editable=False)
    node = models.ForeignKey(
        WebNode, on_delete=models.CASCADE, related_name="devices", db_constraint=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    merchant = models.ForeignKey(
        "core.Merchant",
        on_delete=models.CASCADE,
        related_name="devices",
        null=True,
        db_constraint=False,
    )
    """Whose board it shows; null for the device of a courier."""
    since = models.DateTimeField()
    battery_percent = models.PositiveSmallIntegerField(null=True)
    is_charging = models.BooleanField(null=True)
    is_sound_allowed = models.BooleanField(null=True)
    is_hidden = models.BooleanField(null=True)
    """Whether another tab covers it. Null, here as above: it has not said."""


class BoardLoss(models.Model):
    """When a shop's board was last taken down, kept for those who ask since when it is gone."""

    merchant = models.OneToOneField(
        "core.Merchant",
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="board_loss",
        db_constraint=False,
    )
    seen_at = models.DateTimeField()
