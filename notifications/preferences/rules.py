"""What a person's choices make of one message whose time has come: a pure decision."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from notifications.escalation import Channel
from notifications.preferences.policy import Choice, Quiet


BY_PREFERENCE: Final = "preference"
IN_DIGEST: Final = "digest"
BY_QUIET_HOURS: Final = "quiet_hours"


class Outcome(StrEnum):
    """What becomes of the message."""

    SEND = "send"
    SEND_SILENTLY = "send_silently"
    CANCEL = "cancel"
    WAIT = "wait"
    EXPIRE = "expire"
    GATHER = "gather"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The outcome, the word to keep on the delivery, and for a wait until when."""

    outcome: Outcome
    code: str = ""
    due_at: datetime | None = None


SEND: Final = Ruling(outcome=Outcome.SEND)
SEND_SILENTLY: Final = Ruling(outcome=Outcome.SEND_SILENTLY)


def rule(
    choice: Choice,
    quiet: Quiet,
    *,
    channel: Channel,
    quiet_until: datetime | None,
    expires_at: datetime,
) -> Ruling:
    """Decide by the person's choice, and within quiet hours by what these do to the category."""
    if choice is Choice.OFF:
        return Ruling(outcome=Outcome.CANCEL, code=BY_PREFERENCE)
    if choice is Choice.DIGEST:
        return Ruling(outcome=Outcome.GATHER, code=IN_DIGEST)
    if quiet_until is None or quiet is Quiet.COME:
        return SEND
    # Only a push can be told to make no sound.
    if quiet is Quiet.SILENT and channel is Channel.PUSH:
        return SEND_SILENTLY
    return wait(until=quiet_until, expires_at=expires_at, code=BY_QUIET_HOURS)


def wait(*, until: datetime, expires_at: datetime, code: str) -> Ruling:
    """Send it later, or never where later is too late to be of use."""
    if until >= expires_at:
        return Ruling(outcome=Outcome.EXPIRE, code=code)
    return Ruling(outcome=Outcome.WAIT, code=code, due_at=until)
