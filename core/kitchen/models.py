"""One row for each print of an order's kitchen ticket."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from core.orders.models import Order


class TicketPrint(models.Model):
    """What was printed, by whom, when; written once, under the lock of the order's row."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="ticket_prints")
    serial = models.PositiveSmallIntegerField()
    """1 for the first print of the order, then one more for each."""
    revision = models.PositiveSmallIntegerField()
    """1 for the first content, one more for each print that said something else."""
    mark = models.CharField(max_length=8)
    order_version = models.PositiveIntegerField()
    content = models.JSONField()
    copies = models.PositiveSmallIntegerField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    device = models.CharField(max_length=64, default="")
    printed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "serial"], name="ticket_print_once"),
        ]
