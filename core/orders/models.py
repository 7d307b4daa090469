"""Orders: the row that is the truth about where each one stands."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from core.changes import StoresChanges
from core.identifiers import new_id
from core.merchants.models import Merchant
from core.orders.policy import Fulfilment, Party, PaymentMethod, Reason
from core.orders.states import State, Trigger, next_state


WHOLE = ("merchant__zone", "customer", "payment", "leg__courier")
"""Relations to read an order with, when it is read with all that hangs on it."""

STEP_TIMES = {
    State.PLACED: "placed_at",
    State.ACCEPTED: "accepted_at",
    State.PREPARING: "preparing_at",
    State.READY: "ready_at",
    State.HANDED_OVER: "handed_over_at",
    State.COMPLETED: "ended_at",
    State.CANCELLED: "ended_at",
}


def _choices(enum: Any) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]


class Order(StoresChanges):
    """One order; the aggregate root: its row lock guards its lines, leg, offers and payment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveIntegerField()
    """Counted per shop: what people call across the counter."""
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="orders")
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders"
    )
    fulfilment = models.CharField(max_length=12, choices=_choices(Fulfilment))
    state = models.CharField(max_length=20, choices=_choices(State))
    version = models.PositiveIntegerField(default=1)
    """Grows with every change that any audience of the order can see, its leg's included."""

    payment_method = models.CharField(max_length=8, choices=_choices(PaymentMethod))
    currency = models.CharField(max_length=3)
    items_minor = models.PositiveIntegerField()
    delivery_fee_minor = models.PositiveIntegerField(default=0)
    total_minor = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True)
    contact_name = models.CharField(max_length=80)
    contact_phone = models.CharField(max_length=20)
    dropoff_address = models.CharField(max_length=200, blank=True)
    dropoff_latitude = models.FloatField(null=True)
    dropoff_longitude = models.FloatField(null=True)
    is_contactless = models.BooleanField(default=False)
    """The customer asked to have it left at the door."""
    handover_code = models.CharField(max_length=8)
    """What the customer shows at the counter, or tells the courier at the door."""
    wrong_code_count = models.PositiveSmallIntegerField(default=0)
    """Wrong codes tried since `wrong_code_since`; no view shows it, so no version counts it."""
    wrong_code_since = models.DateTimeField(null=True)
    sold_out_preference = models.CharField(max_length=8, default="refund")
    """`refund` the line or `cancel` the order when the shop asks and nobody answers."""

    created_at = models.DateTimeField()
    release_at = models.DateTimeField(null=True)
    """Scheduled orders: when the courier search begins."""
    placed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    preparing_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    promised_ready_at = models.DateTimeField(null=True)
    promised_at = models.DateTimeField(null=True)
    """When the customer was told to have it; delays move it."""
    delay_minutes = models.PositiveSmallIntegerField(default=0)

    cancellation_requested_at = models.DateTimeField(null=True)
    cancellation_reason = models.CharField(max_length=24, blank=True)
    cancel_reason = models.CharField(max_length=24, blank=True, choices=_choices(Reason))
    cancel_party = models.CharField(max_length=12, blank=True, choices=_choices(Party))
    cancel_mode = models.CharField(max_length=20, blank=True)
    """Which trigger ended it."""
    kept_minor = models.PositiveIntegerField(default=0)
    """What is not given back although it was cancelled: a trip that was the customer's fault."""
    held_at = models.DateTimeField(null=True)
    hold_reason = models.CharField(max_length=120, blank=True)
    nudged_at = models.DateTimeField(null=True)
    nudge_count = models.PositiveSmallIntegerField(default=0)
    nudge_reply = models.CharField(max_length=120, blank=True)
    proposal = models.JSONField(null=True)
    """An adjustment the customer was asked about: list of {line_id, quantity}."""
    pickup_proposed_at = models.DateTimeField(null=True)
    """When the customer was asked to collect it, as nobody delivers it; null once settled."""
    is_flagged = models.BooleanField(default=False)
    """An operator should look at it."""
    linked_order = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    """The cancelled order this one replaces."""

    made_lines: "tuple[OrderLine, ...] | None" = None
    """Its lines, where the running transaction has made them."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["merchant", "ended_at"], name="order_board"),
            models.Index(fields=["customer", "created_at"], name="order_customer"),
            models.Index(fields=["state", "created_at"], name="order_state"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["merchant", "number"], name="order_number_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in State]),
                name="order_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["completed", "cancelled"], ended_at__isnull=False)
                | (
                    ~models.Q(state__in=["completed", "cancelled"])
                    & models.Q(ended_at__isnull=True)
                ),
                name="order_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="cancelled") | ~models.Q(cancel_reason=""),
                name="order_cancelled_has_reason",
            ),
        ]

    def apply(self, trigger: Trigger, *, now: datetime) -> None:
        """Move along the table and stamp the step; the caller holds the row lock and saves.

        :raises core.orders.states.IllegalTransition: when the table has no such pair.
        """
        before = State(self.state)
        after = next_state(before, trigger)
        self.version += 1
        if after is not before:
            self.state = after
            if after in STEP_TIMES:
                setattr(self, STEP_TIMES[after], now)

    def end(self, trigger: Trigger, *, reason: Reason, party: Party, now: datetime) -> None:
        """Cancel by `trigger`; what waited for an answer waits no more."""
        self.apply(trigger, now=now)
        self.cancel_reason, self.cancel_party, self.cancel_mode = reason, party, trigger
        self.settle_questions()
        self.held_at, self.hold_reason = None, ""

    def settle_questions(self) -> None:
        """Drop the customer's request and the shop's question."""
        self.cancellation_requested_at, self.cancellation_reason = None, ""
        self.proposal = self.pickup_proposed_at = None

    def promise(self, *, ready_at: datetime, at: datetime) -> None:
        """Tell when the shop will have it ready and when the customer will have it."""
        self.promised_ready_at, self.promised_at = ready_at, at

    def delay(self, minutes: int) -> None:
        """Move both promises."""
        self.delay_minutes += minutes
        shift = timedelta(minutes=minutes)
        if self.promised_ready_at is not None:
            self.promised_ready_at += shift
        if self.promised_at is not None:
            self.promised_at += shift

    def reprice(self, *, items_minor: int) -> None:
        """Cost what its lines cost now."""
        self.items_minor = items_minor
        self.total_minor = items_minor + self.delivery_fee_minor

    def convert_to_pickup(self, *, now: datetime) -> None:
        """Let the customer come for it; the drop-off stays for the record."""
        self.apply(Trigger.CONVERT, now=now)
        self.fulfilment = Fulfilment.PICKUP
        self.pickup_proposed_at = None
        self.delivery_fee_minor = 0
        self.reprice(items_minor=self.items_minor)
        self.promised_at = self.promised_ready_at

    def count_wrong_code(self, *, window: timedelta, now: datetime) -> None:
        """Count a wrong code; the first one after a quiet `window` begins a new count."""
        if self.wrong_code_since is None or now >= self.wrong_code_since + window:
            self.wrong_code_since, self.wrong_code_count = now, 0
        self.wrong_code_count += 1

    def keep_fee(self) -> None:
        """Let the customer pay for a trip that was made."""
        self.kept_minor = self.delivery_fee_minor

    def touch(self) -> None:
        """Count a change of the leg that the order's audiences can see."""
        self.version += 1


class OrderLine(models.Model):
    """One position of an order, priced when the order was made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey("core.MenuItem", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    unit_minor = models.PositiveIntegerField()
    quantity = models.PositiveSmallIntegerField()
    ordered_quantity = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
