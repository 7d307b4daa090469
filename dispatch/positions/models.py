"""The couriers' trails."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class TrailPoint(models.Model):
    """Where a courier was, every fifteen seconds; never changed, removed after a week."""

    id = models.BigAutoField(primary_key=True)
    # A referential check would lock the courier's row for every point.
    courier = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    at = models.DateTimeField()
    """By the device's clock, never in our future."""
    latitude = models.FloatField()
    longitude = models.FloatField()
    accuracy_metres = models.FloatField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["courier", "at"], name="trail_courier"),
            models.Index(fields=["at"], name="trail_at"),
        ]
