"""Answers already given, so that a repeated command is answered and not carried out again."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from core.changes import StoresChanges


class CommandKey(StoresChanges):
    """One person's idempotency key, and the answer stored in the command's own transaction."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of command name, subject and arguments."""
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "key"], name="command_key_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="command_key_age")]
