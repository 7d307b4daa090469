"""The durable log of facts, and one gapless stream of them per audience."""

from typing import ClassVar

from django.db import models

from core.identifiers import new_id


class Event(models.Model):
    """A fact, once: the audit log and every subject's timeline."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    type = models.CharField(max_length=48)
    schema_version = models.PositiveSmallIntegerField(default=1)
    subject = models.CharField(max_length=64)
    """`order:<uuid>`, `offer:<uuid>`, ..."""
    version = models.PositiveIntegerField()
    """The subject's version once the fact was true."""
    occurred_at = models.DateTimeField()
    actor = models.JSONField()
    causation_id = models.UUIDField(null=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "id"], name="event_subject"),
            models.Index(fields=["correlation_id", "id"], name="event_correlation"),
        ]


class Stream(models.Model):
    """The head of one audience's stream; `topic` is `kind:<uuid>`."""

    topic = models.CharField(max_length=64, primary_key=True)
    head = models.PositiveBigIntegerField(default=0)
    """Sequence number of the newest entry."""
    floor = models.PositiveBigIntegerField(default=0)
    """Entries up to this sequence number were removed by retention."""


class StreamEntry(models.Model):
    """One fact as one audience sees it: the audience's whole new view of the thing."""

    pk = models.CompositePrimaryKey("topic", "seq")
    topic = models.CharField(max_length=64)
    seq = models.PositiveBigIntegerField()
    body = models.TextField()
    """JSON object: seq, key, ver, type, at, actor, crit (when critical), d."""
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="entry_created")]


class Installation(models.Model):
    """The one row that names this database; its epoch changes when a backup is restored."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=16)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="installation_is_one"),
        ]
