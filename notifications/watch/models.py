"""Which sender serves which queue, and which queues operators are alarmed about."""

from typing import ClassVar

from django.db import models

from core.identifiers import new_id


class ServedQueue(models.Model):
    """That a sender takes a queue, until when; see `notifications.watch.serving`."""

    sender = models.CharField(max_length=80)
    """`host:process:chance`."""
    queue = models.CharField(max_length=16)
    until = models.DateTimeField()
    """Real time, by the database's clock."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "queue"], name="served_once"),
        ]


class QueueAlarm(models.Model):
    """What operators were told last of a queue; its row lock lets one process tell them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.CharField(max_length=16, unique=True)
    cause = models.CharField(max_length=12, blank=True)
    """Why they are alarmed, of `notifications.watch.policy.Cause`; empty while all is well."""
    version = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(null=True)

    def change(self, **changes: object) -> None:
        """Write `changes` as one new version; the caller holds the row lock."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*changes, "version"])
