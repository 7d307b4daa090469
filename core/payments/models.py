"""Money of an order: one payment, any number of refunds, and the provider's own words."""

from typing import ClassVar

from django.db import models

from core.identifiers import new_id
from core.orders.models import Order


class Payment(models.Model):
    """What the customer owes or paid for one order."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="payment")
    provider = models.CharField(max_length=20)
    """`cash` or the provider's name."""
    state = models.CharField(max_length=20, default="created")
    """created, captured, failed, voided, expired, partially_refunded, refunded."""
    amount_minor = models.PositiveIntegerField()
    refunded_minor = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    charge_id = models.CharField(max_length=64, blank=True)
    pay_url = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(refunded_minor__lte=models.F("amount_minor")),
                name="payment_refund_within",
            ),
        ]


class Refund(models.Model):
    """Money on its way back; unique per (order, reason, number)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="refunds")
    reason = models.CharField(max_length=24)
    number = models.PositiveSmallIntegerField(default=1)
    amount_minor = models.PositiveIntegerField()
    state = models.CharField(max_length=12, default="requested")
    """requested, succeeded, failed."""
    due_at = models.DateTimeField()
    """When the settlement loop should (next) ask the provider."""
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_code = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payment", "reason", "number"], name="refund_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="refund_due")]


class ProviderCallback(models.Model):
    """Each callback of a provider, once: repeated ones are recognised by its event id."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=64)
    type = models.CharField(max_length=40)
    body = models.JSONField()
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=24)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="callback_once"),
        ]
