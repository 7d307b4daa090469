"""What was given to vendors: each text for its number's limits, each day's sum for the budget."""

from typing import ClassVar

from django.db import models

from core.identifiers import new_id
from notifications.escalation import Channel


class SentText(models.Model):
    """One text on its way to a number; kept for a day, as no limit looks further back."""

    channel = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in (Channel.SMS, Channel.CALL)]
    )
    provider = models.CharField(max_length=16)
    number = models.CharField(max_length=20)
    template = models.CharField(max_length=40)
    sent_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["number", "sent_at"], name="sent_text_number"),
            models.Index(fields=["sent_at"], name="sent_text_age"),
        ]


class Spending(models.Model):
    """Texts given to one vendor on one day; its row lock keeps senders from overdrawing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.CharField(
        max_length=12, choices=[(each.value, each.value) for each in (Channel.SMS, Channel.CALL)]
    )
    provider = models.CharField(max_length=16)
    day = models.DateField()
    """In UTC."""
    count = models.PositiveIntegerField(default=0)
    alarmed_percent = models.PositiveSmallIntegerField(default=0)
    """The last share of the budget that operators were told of."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "provider", "day"], name="spending_once"),
        ]
