"""Promises that something will happen at a time, kept as rows."""

from typing import ClassVar

from django.db import models


class Deadline(models.Model):
    """At `due_at`, the handler of `kind` acts on `subject` unless the row is gone by then."""

    kind = models.CharField(max_length=48)
    subject = models.UUIDField()
    due_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    """When an operator froze it; on release `due_at` moves by as long as it was frozen."""
    failures = models.PositiveSmallIntegerField(default=0)
    """How often the handler raised; each failure postpones the next try."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject"], name="deadline_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["held_at", "due_at"], name="deadline_due"),
            models.Index(fields=["subject"], name="deadline_subject"),
        ]


class FiredDeadline(models.Model):
    """Ledger of deadlines that were handled: proves that each fired once."""

    deadline_id = models.BigIntegerField()
    """The row that fired: a promise that is made again, be it for the same moment, is another."""
    kind = models.CharField(max_length=48)
    subject = models.UUIDField()
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["fired_at"], name="fired_at")]
