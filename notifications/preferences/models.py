"""What people choose to hear, and their own day: time zone and quiet hours."""

from datetime import datetime, time
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models

from notifications.policies import Category
from notifications.preferences.policy import LAWS, DigestEvery
from notifications.preferences.quiet import QuietSpan, next_hour, next_time


DIGEST_HOUR: Final = 9
"""When daily digests come to those who have not said their hour."""


class Preference(models.Model):
    """One choice of a person; what has no row is as it comes."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences"
    )
    category = models.CharField(max_length=20)
    channel = models.CharField(max_length=12)
    choice = models.CharField(max_length=8)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "category", "channel"], name="preference_once"
            ),
        ]


class PersonalDay(models.Model):
    """A person's time zone, and between which times of day they want to be left in peace."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="personal_day",
    )
    time_zone = models.CharField(max_length=64)
    """Its name in the IANA database."""
    quiet_starts_at = models.TimeField(null=True)
    quiet_ends_at = models.TimeField(null=True)
    """Not later than `quiet_starts_at` means: on the next day."""
    digest_every = models.CharField(max_length=8, default=DigestEvery.DAY)
    digest_hour = models.PositiveSmallIntegerField(default=DIGEST_HOUR)
    """Hour of the day (0 to 23) at which a daily digest comes."""
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quiet_starts_at__isnull=True, quiet_ends_at__isnull=True)
                | models.Q(quiet_starts_at__isnull=False, quiet_ends_at__isnull=False),
                name="quiet_hours_whole",
            ),
        ]

    def next_digest_at(self, *, after: datetime) -> datetime:
        """Return when the next digest after `after` comes."""
        zone = ZoneInfo(self.time_zone)
        if self.digest_every == DigestEvery.HOUR:
            return next_hour(zone, after=after)
        return next_time(time(self.digest_hour), zone, after=after)

    def quiet_spans(self, category: Category) -> list[QuietSpan]:
        """Return when the person is to be left in peace, and when nobody is sent `category`."""
        zone, spans = ZoneInfo(self.time_zone), []
        if self.quiet_starts_at is not None and self.quiet_ends_at is not None:
            starts_at, ends_at = self.quiet_starts_at, self.quiet_ends_at
            spans.append(QuietSpan(starts_at=starts_at, ends_at=ends_at, zone=zone))
        if (between := LAWS[category].sent_between) is not None:
            spans.append(QuietSpan(starts_at=between[1], ends_at=between[0], zone=zone))
        return spans
