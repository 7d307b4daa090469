"""What would happen if nobody reacted: a new notice's steps on the clock, with their words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from notifications.escalation import Channel, Contacts, Policy, Step, planned_steps
from notifications.policies import KINDS, NoticeKind
from notifications.previews import SAMPLES
from notifications.templates import TEMPLATES, words_for


END: Final = "end"
"""After it nobody is told any more: the matter is decided without them."""
CARD: Final = "alert_unanswered"


def timeline_of(
    kind: NoticeKind, policy: Policy, *, start: datetime, locale: str
) -> Iterator[dict[str, Any]]:
    """Yield what each step of `policy` does for a notice made at `start`, and when it ends."""
    ends_at = start + kind.lifetime
    for step, at in planned_steps(policy, start=start, expires_at=ends_at):
        yield {
            "at": at,
            "after_seconds": step.after.total_seconds(),
            "what": step.channel.value,
            "condition": step.condition.value,
            "contacts": step.contacts.value,
            "is_loud": step.is_loud,
            "words": _words(step, kind, locale),
        }
    yield {
        "at": ends_at,
        "after_seconds": kind.lifetime.total_seconds(),
        "what": END,
        "condition": "",
        "contacts": Contacts.SHARED.value,
        "is_loud": False,
        "words": "",
        "deadline": kind.deadline,
    }


def _words(step: Step, kind: NoticeKind, locale: str) -> str:
    if step.channel in {Channel.SMS, Channel.CALL}:
        return _text(kind, locale)
    shown = KINDS[CARD] if step.channel is Channel.OPERATOR else kind
    words = words_for(shown.template, locale, SAMPLES)
    return f"{words.title} · {words.body}"


def _text(kind: NoticeKind, locale: str) -> str:
    """What a text or a call tells; its exact words are those that the vendor approved."""
    if not TEMPLATES[kind.template].sms:
        return ""
    words = words_for(kind.template, locale, SAMPLES)
    return " · ".join(part for part in (words.title, words.sms_status) if part)
