"""A shop's endpoints, the messages kept for them, each message's way to each, and its attempts."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce, Concat

from core.identifiers import new_id
from notifications.webhooks.states import (
    OPEN,
    HookState,
    HookTrigger,
    sources_of,
    target_of,
)


URL_LENGTH = 1024


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Selections and changes of many endpoints at once."""

    def present(self) -> "WebhookQuerySet":
        """Those that were not removed."""
        return self.filter(removed_at__isnull=True)

    def accept(self) -> int:
        """Note that those which were failing take messages again."""
        return self.filter(failing_since__isnull=False).update(failing_since=None)

    def fail(self, *, now: datetime) -> int:
        """Note that those which took messages do not any more."""
        return self.filter(failing_since__isnull=True).update(failing_since=now)


class Webhook(models.Model):
    """One way in which a program of a shop learns of its events; its row lock guards its rows.

    Without a URL it is a queue, from which the program pulls.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        "core.Merchant", on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.CharField(max_length=URL_LENGTH, blank=True)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField()
    """List of names (`order.placed`) and families (`order.*`)."""
    secret = models.CharField(max_length=80)
    old_secret = models.CharField(max_length=80, blank=True)
    old_secret_until = models.DateTimeField(null=True)
    """Until when messages are signed with both."""
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_code = models.CharField(max_length=24, blank=True)
    """`by_person`, `gone` (it answered 410) or `failing` (for too long)."""
    failing_since = models.DateTimeField(null=True)
    """When it first failed after it last accepted."""
    rest_until = models.DateTimeField(null=True)
    """Until when it asked to be left alone."""
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = WebhookQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["merchant", "removed_at"], name="webhook_of_shop"),
        ]

    @property
    def is_queue(self) -> bool:
        """Whether it is pulled from."""
        return not self.url

    @property
    def first_state(self) -> HookState:
        """Where a new message to it begins."""
        if self.is_queue:
            return HookState.QUEUED
        return HookState.PENDING if self.disabled_at is None else HookState.HELD

    def wants(self, event_type: str) -> bool:
        """Whether it is told of events of this type."""
        family = f"{event_type.partition('.')[0]}.*"
        return event_type in self.event_types or family in self.event_types

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Secrets to sign with at `now`, the newest first."""
        overlaps = self.old_secret_until is not None and now < self.old_secret_until
        return (self.secret, self.old_secret) if overlaps else (self.secret,)

    def advance(self, **changes: Any) -> None:
        """Write `changes` as one new version; the caller holds the row lock."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*changes, "version"])

    def rotate(self, secret: str, *, overlap_until: datetime) -> None:
        """Sign with `secret` from now on, and with the one before it until `overlap_until`."""
        self.advance(old_secret=self.secret, old_secret_until=overlap_until, secret=secret)

    def disable(self, code: str, *, now: datetime) -> None:
        """Send nothing more to it until it is enabled."""
        self.advance(disabled_at=now, disabled_code=code)

    def enable(self) -> None:
        """Send to it again, as if it had never failed."""
        self.advance(disabled_at=None, disabled_code="", failing_since=None, rest_until=None)

    def remove(self, *, now: datetime) -> None:
        """End it; its secrets are forgotten."""
        self.advance(removed_at=now, secret="", old_secret="", old_secret_until=None)


class WebhookMessage(models.Model):
    """One event as one shop sees it, to the byte as its programs get it."""

    id = models.UUIDField(primary_key=True, editable=False)
    """The event's own id: `webhook-id`, and the CloudEvents `id`."""
    merchant_id = models.UUIDField()
    type = models.CharField(max_length=48)
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="webhook_message_age")]


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Selections and moves of many deliveries at once, by the law of `states.py`."""

    def due_whatever_the_index(self, now: datetime) -> "WebhookDeliveryQuerySet":
        """Rows whose time has come.

        The time is compared as an expression, so that an endpoint's rows are walked in their order
        until there are enough: through an index on the time all that are due would be sorted.
        """
        return self.alias(time=Coalesce("due_at", "due_at")).filter(time__lte=now)

    def first_of_their_thing(self) -> "WebhookDeliveryQuerySet":
        """Rows before which no event of the same thing is still open at the same endpoint."""
        earlier = WebhookDelivery.objects.filter(
            webhook=OuterRef("webhook"),
            thing=OuterRef("thing"),
            pk__lt=OuterRef("pk"),
            state__in=list(OPEN),
        )
        return self.filter(~Exists(earlier))

    def move(self, trigger: HookTrigger, **changes: Any) -> int:
        """Apply `trigger` to those rows for which it is legal; return how many moved."""
        return self.movable(trigger).update(state=target_of(trigger), **changes)

    def movable(self, trigger: HookTrigger) -> "WebhookDeliveryQuerySet":
        """Rows for which `trigger` is legal.

        The state is compared as an expression, so that MariaDB finds the rows by key: through an
        index on the state it would lock rows of other endpoints on its way.
        """
        return self.alias(state_now=Concat("state", Value(""))).filter(
            state_now__in=list(sources_of(trigger))
        )


class WebhookDelivery(models.Model):
    """One message on its way to one endpoint.

    The numbers of one thing's rows are in the order of its events, as whoever changes a thing
    holds its row lock until COMMIT. No foreign key is checked: that would lock the endpoint.
    """

    id = models.BigAutoField(primary_key=True)
    webhook = models.ForeignKey(
        Webhook, on_delete=models.DO_NOTHING, related_name="deliveries",
        db_constraint=False, db_index=False,
    )  # fmt: skip
    message = models.ForeignKey(
        WebhookMessage, on_delete=models.DO_NOTHING, related_name="deliveries", db_constraint=False
    )
    thing = models.CharField(max_length=64)
    """`order:<uuid>`, `item:<uuid>`, ...: its events go one after the other."""
    state = models.CharField(max_length=12, choices=[(each, each) for each in HookState])
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    give_up_at = models.DateTimeField(null=True)
    """Set by the first attempt: an attempt after it that fails was the last."""
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=64, blank=True)
    """What the last attempt came to: `http_503`, `timeout`, ..."""
    is_replay = models.BooleanField(default=False)

    objects: ClassVar[Any] = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in HookState]),
                name="webhook_delivery_state_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at", "webhook"], name="webhook_due"),
            models.Index(fields=["webhook", "state", "id", "due_at"], name="webhook_next"),
            models.Index(fields=["state", "lease_until"], name="webhook_lease"),
            models.Index(fields=["webhook", "thing", "id"], name="webhook_turn"),
            models.Index(fields=["webhook", "id"], name="webhook_recent"),
        ]


class WebhookAttempt(models.Model):
    """One try to hand a message to an endpoint; never changed."""

    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.DO_NOTHING, related_name="tries", db_constraint=False
    )
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    """HTTP status, when there was an answer."""
    code = models.CharField(max_length=64)
