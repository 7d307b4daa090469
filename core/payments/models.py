"""Money of an order: one payment, any number of refunds, and the provider's own words."""

from datetime import datetime
from typing import ClassVar

from django.db import models

from core.changes import StoresChanges
from core.identifiers import new_id
from core.orders.models import Order
from core.payments.states import PaymentState, PaymentTrigger, RefundState, next_state


CASH = "cash"


class Payment(StoresChanges):
    """What the customer owes or paid for one order; guarded by the order's row lock."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="payment")
    provider = models.CharField(max_length=20)
    """`cash` or the provider's name."""
    state = models.CharField(
        max_length=20,
        choices=[(state.value, state.value) for state in PaymentState],
        default=PaymentState.CREATED,
    )
    amount_minor = models.PositiveIntegerField()
    refunded_minor = models.PositiveIntegerField(default=0)
    """What the provider has given back."""
    currency = models.CharField(max_length=3)
    attempt = models.PositiveSmallIntegerField(default=1)
    """Grows when the customer tries again after a refusal; each attempt is one charge."""
    charge_id = models.CharField(max_length=64, blank=True)
    pay_url = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(refunded_minor__lte=models.F("amount_minor")),
                name="payment_refund_within",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in PaymentState]),
                name="payment_state_known",
            ),
        ]

    @property
    def reference(self) -> str:
        """What the provider calls this attempt; the payment's id opens it."""
        return str(self.pk) if self.attempt == 1 else f"{self.pk}:{self.attempt}"

    def apply(self, trigger: PaymentTrigger) -> None:
        """Move along the table; the caller holds the order's lock and saves.

        :raises core.payments.states.IllegalPaymentTransition: when the table has no such pair.
        """
        self.state = next_state(PaymentState(self.state), trigger)
        self.version += 1

    def retry(self) -> None:
        """Forget the refused charge, so that another can be opened."""
        self.apply(PaymentTrigger.RETRY)
        self.attempt += 1
        self.charge_id = self.pay_url = ""

    def open_charge(self, *, charge_id: str, pay_url: str) -> None:
        """Keep where the customer pays."""
        self.charge_id, self.pay_url = charge_id, pay_url
        self.version += 1

    def give_back(self, amount_minor: int) -> None:
        """Count money that the provider returned."""
        self.refunded_minor += amount_minor
        rest = self.refunded_minor == self.amount_minor
        self.apply(PaymentTrigger.REFUND_REST if rest else PaymentTrigger.REFUND_PART)


class Refund(models.Model):
    """Money on its way back; unique per (order, reason, number)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="refunds")
    reason = models.CharField(max_length=24)
    number = models.PositiveSmallIntegerField(default=1)
    charge_id = models.CharField(max_length=64)
    """The charge it goes back to; not the payment's own when money came twice."""
    is_of_payment = models.BooleanField(default=True)
    """False for money the order never took: it came late, twice or in the wrong amount."""
    amount_minor = models.PositiveIntegerField()
    state = models.CharField(
        max_length=12,
        choices=[(state.value, state.value) for state in RefundState],
        default=RefundState.REQUESTED,
    )
    due_at = models.DateTimeField()
    """When the settlement loop should (next) ask the provider; a claim moves it ahead."""
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_code = models.CharField(max_length=64, blank=True)
    """The provider's last refusal."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["payment", "reason", "number"], name="refund_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="refund_due")]

    def claim(self, *, until: datetime) -> None:
        """Count an attempt; nobody else tries before `until`."""
        self.attempts += 1
        self.due_at = until
        self.version += 1

    def postpone(self, *, until: datetime, provider_code: str) -> None:
        """Try again at `until`."""
        self.due_at = until
        self.provider_code = provider_code[:64]
        self.version += 1

    def settle(self, outcome: RefundState, *, provider_code: str = "") -> None:
        """Store the provider's last word."""
        self.state = outcome
        self.provider_code = provider_code[:64]
        self.version += 1


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
