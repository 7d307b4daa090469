"""Escalation as data and pure decisions: which step comes when, and whether it is still wanted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Channel(StrEnum):
    """Ways to reach somebody."""

    BOARD = "board"  # every live screen of the audience; carried by the event stream itself
    PUSH = "push"  # web push to each of the person's devices
    SMS = "sms"
    WECHAT = "wechat"  # a subscription message in WeChat, for which the person gave a grant
    CALL = "call"  # the telephone rings and a voice reads; pressing 1 is an act
    OPERATOR = "operator"  # a card on the operators' desk


class Condition(StrEnum):
    """What must still be true when a step's time comes; that nobody acted is always asked."""

    UNANSWERED = "unanswered"  # nobody acted
    UNDELIVERED = "undelivered"  # not even a device of theirs has it


class Contacts(StrEnum):
    """Whom of the recipients a step reaches."""

    FIRST = "first"  # those at work
    EVERYONE = "everyone"  # the second contact too
    SHARED = "shared"  # one row for all: the board, the operators' desk


class Verdict(StrEnum):
    """What becomes of a step whose time has come."""

    SEND = "send"
    CANCEL = "cancel"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung: `after` counts from the moment the notice was made."""

    number: int
    channel: Channel
    after: timedelta = timedelta()
    condition: Condition = Condition.UNANSWERED
    contacts: Contacts = Contacts.EVERYONE
    is_loud: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A ladder; with `needs_act` the notice stays until somebody acts or the matter ends."""

    name: str
    needs_act: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The moments of a notice that decide about its steps."""

    delivered_at: datetime | None = None
    acted_at: datetime | None = None
    closed_at: datetime | None = None


def planned_steps(
    policy: Policy, *, start: datetime, expires_at: datetime
) -> Iterator[tuple[Step, datetime]]:
    """Steps with the time of each; those that would come too late to be useful are left out."""
    for step in policy.steps:
        due_at = start + step.after
        if due_at < expires_at:
            yield step, due_at


def decide(
    condition: Condition, clocks: Clocks, *, expires_at: datetime, now: datetime
) -> tuple[Verdict, str]:
    """Say whether a step that is due is still wanted, and if not, why."""
    if clocks.acted_at is not None:
        return Verdict.CANCEL, "acted"
    if clocks.closed_at is not None:
        return Verdict.CANCEL, "closed"
    if expires_at <= now:
        return Verdict.EXPIRE, "expired"
    if condition is Condition.UNDELIVERED and clocks.delivered_at is not None:
        return Verdict.CANCEL, "delivered"
    return Verdict.SEND, ""


def next_step(steps: Iterable[Step], *, after: int, clocks: Clocks) -> Step | None:
    """Return which of `steps`, in order, follows number `after` and is still wanted."""
    if clocks.acted_at is not None or clocks.closed_at is not None:
        return None
    return next(
        (
            step
            for step in steps
            if step.number > after
            and (step.condition is Condition.UNANSWERED or clocks.delivered_at is None)
        ),
        None,
    )
