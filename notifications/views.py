"""How a notice looks in a person's inbox."""

from typing import Any

from core.events.streams import receipt_of
from notifications.models import Notice, RecipientNotice
from notifications.policies import KINDS
from notifications.templates import action_for, url_for, words_for


def notice_view(row: RecipientNotice) -> dict[str, Any]:
    """One inbox row; everything in it changes together with the row's version."""
    notice = row.notice
    words = words_for(notice.template, row.locale, notice.variables)
    return {
        "id": notice.pk,
        "template": notice.template,
        "category": notice.category,
        "title": words.title,
        "body": words.body,
        "url": page_of(notice),
        "action": action_of(notice, row.locale),
        "subject": notice.subject,
        "receipt": receipt_of(notice.event_id),
        "needs_act": KINDS[notice.template].policy.needs_act,
        "created_at": notice.created_at,
        "expires_at": notice.expires_at,
        "seen_at": row.seen_at,
        "acted_at": row.acted_at,
        "open": row.closed_at is None,
        "ended_at": row.closed_at,
    }


def page_of(notice: Notice) -> str:
    """Path of the page that a tap opens."""
    return url_for(
        notice.template,
        order=str(notice.order_id or ""),
        topic=notice.topic.partition(":")[2],
        subject=notice.subject.partition(":")[2],
    )


def action_of(notice: Notice, locale: str) -> dict[str, str] | None:
    """What a reader of `locale` can do about it with one tap, if anything."""
    topic = notice.topic.partition(":")[2]
    return action_for(notice.template, locale, notice.variables, topic=topic)
