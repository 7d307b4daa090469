"""Notices, whom they are for, every message sent because of them, and where to push to."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat

from core.changes import StoresChanges
from core.identifiers import new_id
from notifications.channels.app_push import DeviceKind
from notifications.circuits.models import PushCircuit
from notifications.digests.models import Digest, DigestItem
from notifications.escalation import Channel, Clocks, Condition
from notifications.ladders.models import Ladder, LadderEdition
from notifications.lanes import Lane
from notifications.marketing.models import Campaign, ConsentRecord, Reach
from notifications.preferences.models import PersonalDay, Preference
from notifications.states import DeliveryState, DeliveryTrigger, sources_of, target_of
from notifications.texting.models import SentText, Spending
from notifications.watch.models import QueueAlarm, ServedQueue
from notifications.webhooks.models import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookMessage,
)
from notifications.wechat.models import WeChatGrant, WeChatUser


__all__ = [
    "Attempt",
    "Campaign",
    "ConsentRecord",
    "Delivery",
    "DeliveryQuerySet",
    "Digest",
    "DigestItem",
    "Ladder",
    "LadderEdition",
    "Notice",
    "PersonalDay",
    "Preference",
    "PushCircuit",
    "PushSubscription",
    "QueueAlarm",
    "Reach",
    "RecipientNotice",
    "RecipientNoticeQuerySet",
    "SentText",
    "ServedQueue",
    "Spending",
    "WeChatGrant",
    "WeChatUser",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookMessage",
]


def _choices(enum: Any) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]


class Notice(StoresChanges):
    """One thing that people must learn of; its row lock guards its ladder."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event_id = models.UUIDField()
    """The fact that caused it; the receipt that devices name is made from it."""
    template = models.CharField(max_length=40)
    category = models.CharField(max_length=20)
    variables = models.JSONField(default=dict)
    topic = models.CharField(max_length=64)
    """Stream on whose screens it appears: `merchant:<id>`, `courier:<id>`, `order:<id>`."""
    subject = models.CharField(max_length=64)
    """`order:<uuid>`, `offer:<uuid>`, ...: what it is about."""
    # No foreign key: its check would lock the order's row after ours, against the lock order.
    order_id = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    """When telling anybody has become pointless."""
    delivered_at = models.DateTimeField(null=True)
    """When the first device of anybody had it."""
    seen_at = models.DateTimeField(null=True)
    acted_at = models.DateTimeField(null=True)
    acted_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_code = models.CharField(max_length=48, blank=True)
    """Name of the fact that ended the matter."""
    ladder = models.CharField(max_length=120, blank=True)
    """Scope and version of the steps it was made with; empty for those it has of itself."""

    inbox: "list[RecipientNotice] | None" = None
    """Its recipients' rows, where the running transaction has read or made them."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event_id", "template", "topic"], name="notice_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["order_id", "closed_at"], name="notice_order"),
            models.Index(fields=["subject", "closed_at"], name="notice_subject"),
            models.Index(fields=["created_at"], name="notice_created"),
        ]

    @property
    def clocks(self) -> Clocks:
        """What its steps depend upon."""
        return Clocks(
            delivered_at=self.delivered_at, acted_at=self.acted_at, closed_at=self.closed_at
        )

    def advance(self, **changes: Any) -> None:
        """Write `changes` as one new version; the caller holds the row lock."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*changes, "version"])


class RecipientNoticeQuerySet(models.QuerySet["RecipientNotice"]):
    """Changes of many inbox rows at once."""

    def change(self, **changes: Any) -> int:
        """Write `changes` as one new version of each row."""
        return self.update(version=F("version") + 1, **changes)


class RecipientNotice(StoresChanges):
    """A notice in one person's inbox; guarded by its notice's row lock."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="recipients")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    locale = models.CharField(max_length=8)
    """The person's language when it was made: a later choice must not change old views."""
    version = models.PositiveIntegerField(default=1)
    delivered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    acted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    """When it left the unread ones: acted by anybody, ended, or seen if seeing is all it asks."""

    objects: ClassVar[Any] = RecipientNoticeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "person"], name="recipient_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "closed_at"], name="recipient_unread"),
        ]

    def leave(self, *, now: datetime) -> None:
        """Follow the statement that took the row out of the unread ones."""
        self.version += 1
        self.closed_at = now

    def mark_acted(self, *, now: datetime) -> None:
        """Write that this person acted, and so saw it, with what else has changed of the row."""
        self.delivered_at = self.delivered_at or now
        self.seen_at = self.seen_at or now
        self.acted_at = now
        self.save()


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Selections and moves of many deliveries at once, by the law of `states.py`."""

    def waiting(self, channel: Channel, state: DeliveryState, *, lane: Lane) -> "DeliveryQuerySet":
        """Rows of one channel, state and lane, the longest due first: as the index has them."""
        return self.filter(lane=lane, channel=channel, state=state).order_by("due_at")

    def leased(self) -> "DeliveryQuerySet":
        """Rows that senders have.

        Each part of the index before the state is named, so that it finds them: an index on their
        leases would cost every delivery two changes, for the few that are under way.
        """
        return self.filter(
            lane__in=list(Lane), channel__in=list(Channel), state=DeliveryState.LEASED
        )

    def move(self, trigger: DeliveryTrigger, **changes: Any) -> int:
        """Apply `trigger` to those rows for which it is legal; return how many moved."""
        return self.movable(trigger).update(state=target_of(trigger), **changes)

    def movable(self, trigger: DeliveryTrigger) -> "DeliveryQuerySet":
        """Rows for which `trigger` is legal.

        The state is compared as an expression, so that MariaDB finds the rows by key: through an
        index on the state it would lock waiting rows of other orders on its way.
        """
        return self.alias(state_now=Concat("state", Value(""))).filter(
            state_now__in=list(sources_of(trigger))
        )


class Delivery(models.Model):
    """One message: a notice to a recipient through a channel at a step."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    recipient = models.ForeignKey(
        RecipientNotice, null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    """Nobody in particular for the shared steps: the board and the operators' desk."""
    lane = models.CharField(max_length=12, default=Lane.SERVICE)
    channel = models.CharField(max_length=12, choices=_choices(Channel))
    step = models.PositiveSmallIntegerField()
    condition = models.CharField(max_length=12, choices=_choices(Condition))
    is_loud = models.BooleanField(default=False)
    state = models.CharField(
        max_length=12, choices=_choices(DeliveryState), default=DeliveryState.PENDING
    )
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    spent_count = models.PositiveSmallIntegerField(default=0)
    """Attempts before it was last replayed; they count no more against the limit."""
    replay_count = models.PositiveSmallIntegerField(default=0)
    provider = models.CharField(max_length=16, blank=True)
    """Vendor that was last given the text."""
    provider_id = models.CharField(max_length=128, blank=True)
    code = models.CharField(max_length=64, blank=True)
    """The provider's or our own word on how it stands."""
    ask_at = models.DateTimeField(null=True)
    """When the vendor is asked how the text ended, unless something tells before."""

    objects: ClassVar[Any] = DeliveryQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["notice", "recipient", "channel", "step"], name="delivery_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in DeliveryState]),
                name="delivery_state_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["lane", "channel", "state", "due_at"], name="delivery_in_lane"),
            models.Index(fields=["ask_at"], name="delivery_ask"),
        ]


class Attempt(models.Model):
    """One try to hand a delivery to a provider, per device for push; never changed."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    subscription_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    outcome = models.CharField(max_length=16)
    """A channel's outcome, or `lost` when its sender vanished."""
    code = models.CharField(max_length=64, blank=True)
    provider = models.CharField(max_length=16, blank=True)
    provider_id = models.CharField(max_length=128, blank=True)


class PushSubscription(models.Model):
    """One device's way to be pushed to; only the vendor itself may declare it gone."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    kind = models.CharField(
        max_length=12, choices=_choices(DeviceKind), default=DeviceKind.WEBPUSH
    )
    endpoint_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of the endpoint, which is too long to index."""
    endpoint = models.CharField(max_length=1024)
    """Address of a browser, or the token that the vendor gave to an app."""
    p256dh = models.CharField(max_length=128)
    auth = models.CharField(max_length=64)
    app_id = models.CharField(max_length=128, blank=True)
    """Which of our apps; with Apple it is the topic."""
    environment = models.CharField(max_length=12, blank=True)
    locale = models.CharField(max_length=8, blank=True)
    """The app's own language; empty for the person's."""
    application_server_key = models.CharField(max_length=88, blank=True, default="")
    """Public VAPID key it was made with; empty for the oldest one, before rows remembered it."""
    created_at = models.DateTimeField()
    registered_at = models.DateTimeField(null=True)
    """Real time of the app's last word: a vendor's older word that it is gone counts no more."""
    gone_at = models.DateTimeField(null=True)
    gone_code = models.CharField(max_length=24, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "gone_at"], name="subscription_live"),
        ]

    def as_browser_gives_it(self) -> dict[str, Any]:
        """Shape of the W3C PushSubscription object."""
        return {
            "endpoint": self.endpoint,
            "keys": {"p256dh": self.p256dh, "auth": self.auth},
        }
