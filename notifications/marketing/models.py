"""Campaigns, the log of consent to them, and how often each person heard of any."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models

from core.errors import Conflict
from core.identifiers import new_id
from notifications.marketing.policy import LONGEST_SPAN
from notifications.marketing.states import CampaignState, CampaignTrigger, next_state


SCOPE_LENGTH = 48


class CampaignStateError(Conflict):
    """The campaign's state does not allow the step."""

    code = "campaign_state"
    title = "The campaign is not where this step begins."


class ConsentIsALogError(TypeError):
    """Somebody tried to rewrite history."""


class Campaign(models.Model):
    """Something a shop or the platform wants to tell those who agreed to hear it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        "core.Merchant", null=True, on_delete=models.CASCADE, related_name="campaigns"
    )
    """The shop; null for the platform itself."""
    words = models.JSONField()
    """`{locale: {"title": ..., "body": ...}}` in every language."""
    state = models.CharField(max_length=12, default=CampaignState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    planned_until = models.UUIDField(null=True)
    """The last person that was planned; planning goes on after them."""
    planned_at = models.DateTimeField(null=True)
    """When everybody was planned."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in CampaignState]),
                name="campaign_state_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "starts_at"], name="campaign_running"),
            models.Index(fields=["merchant", "created_at"], name="campaign_of_shop"),
        ]

    @property
    def scope(self) -> str:
        """Which consent it needs."""
        return scope_of(self.merchant_id)

    def move(self, trigger: CampaignTrigger) -> None:
        """Take the step; the caller holds the row lock.

        :raises CampaignStateError: the step is not possible now.
        """
        following = next_state(CampaignState(self.state), trigger)
        if following is None:
            raise CampaignStateError(state=self.state)
        self.state = following
        self.version += 1
        self.save(update_fields=["state", "version"])


class ConsentRecord(models.Model):
    """One yes or no to campaigns of one scope: a log; the newest counts, none is ever changed."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents"
    )
    scope = models.CharField(max_length=SCOPE_LENGTH)
    is_given = models.BooleanField()
    at = models.DateTimeField()
    how = models.CharField(max_length=16)
    """By which way it came: `settings`, `link` or `one_click`."""
    wording = models.CharField(max_length=16)
    """Version of the words that were shown."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["scope", "person", "id"], name="consent_newest"),
        ]

    def save(self, *arguments: Any, **options: Any) -> None:
        """Append the record.

        :raises ConsentIsALogError: it is one already.
        """
        if not self._state.adding:
            raise ConsentIsALogError
        super().save(*arguments, **options)

    def delete(self, *_arguments: Any, **_options: Any) -> NoReturn:
        """Refuse; a record goes with its person only.

        :raises ConsentIsALogError: always.
        """
        raise ConsentIsALogError


class Reach(models.Model):
    """How often campaigns reached a person lately; its lock orders the claims for them."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="reach"
    )
    recent = models.JSONField(default=list)
    """ISO times of the messages within the longest span of the caps."""

    @property
    def sent(self) -> Sequence[datetime]:
        """Moments of the recent messages."""
        return [datetime.fromisoformat(text) for text in self.recent]

    def note(self, *, now: datetime) -> None:
        """Count one more; the caller holds the row lock and saves."""
        kept = [at for at in self.sent if at > now - LONGEST_SPAN]
        self.recent = [at.isoformat() for at in [*kept, now]]


def scope_of(merchant_id: Any) -> str:
    """Return the scope of a shop, or of the platform for none."""
    return f"shop:{merchant_id}" if merchant_id else "platform"
