"""The origins that nothing is sent to now: one row each, as long as that lasts."""

import random
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import models

from core.clock import clock
from notifications.circuits.gates import Change, ChangeKind
from notifications.circuits.policy import ALARM_OPENINGS, JITTER, PROBE_SECONDS, shut_seconds


class PushCircuit(models.Model):
    """A push service that is left in peace; the row goes when a push gets through again."""

    origin = models.CharField(max_length=300, primary_key=True)
    """Scheme and host of a push service, or the kind of an app's."""
    code = models.CharField(max_length=32)
    is_stopped = models.BooleanField(default=False)
    """It refuses our credentials; else it is overrun or failing."""
    openings = models.PositiveSmallIntegerField(default=0)
    """How many times in a row it was found so."""
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    probe_until = models.DateTimeField(null=True)
    """While the one push that asks again is under way."""
    refused_id = models.BigIntegerField(null=True)
    """Device that was refused first: it may be that device's fault alone."""
    alarmed_at = models.DateTimeField(null=True)
    """When operators were told."""

    @property
    def identity(self) -> UUID:
        """What facts about the origin name it by."""
        return uuid5(NAMESPACE_URL, self.origin)

    @property
    def shut_until(self) -> datetime:
        """Until when nothing is sent."""
        return max(self.until, self.probe_until or self.until)

    def shut(self, change: Change, *, now: datetime) -> bool:
        """Leave the origin in peace for longer; true when operators must be told, once."""
        if self.until <= now:
            self.openings = min(self.openings + 1, 1000)
            self.probe_until = None
        self.is_stopped = change.kind is ChangeKind.STOP
        self.code = change.code[:32]
        wait = shut_seconds(
            asked=change.asked_seconds, openings=self.openings, is_stopped=self.is_stopped
        )
        jitter = random.uniform(1.0, 1.0 + JITTER)  # noqa: S311
        self.until = max(self.until, now + clock().technical(wait * jitter))
        if not self.is_stopped:
            return False
        is_sure = change.is_sure or self.openings >= ALARM_OPENINGS
        if self.refused_id is None:
            self.refused_id = change.subscription_id
        elif self.refused_id != change.subscription_id:
            is_sure = True
        if not is_sure or self.alarmed_at is not None:
            return False
        self.alarmed_at = now
        return True

    def probe(self, *, now: datetime) -> bool:
        """Take the right to send the one push that asks; false when another sender has it."""
        mine = PushCircuit.objects.filter(origin=self.origin, until__lte=now).filter(
            models.Q(probe_until__isnull=True) | models.Q(probe_until__lte=now)
        )
        self.probe_until = now + clock().technical(PROBE_SECONDS)
        return mine.update(probe_until=self.probe_until) > 0
