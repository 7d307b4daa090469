"""The messages themselves: the push payload and the SMS of a notice, in its reader's language."""

import json

from core.events.streams import receipt_of
from notifications.marketing.links import unsubscribe_path
from notifications.marketing.models import scope_of
from notifications.models import Notice, RecipientNotice
from notifications.policies import KINDS, Category
from notifications.pushing.acting import act_token
from notifications.templates import (
    ACKNOWLEDGE,
    DEFAULT_LOCALE,
    UNSUBSCRIBE,
    SmsText,
    sms_for,
    words_for,
)
from notifications.views import action_of, page_of


TEXT_LIMIT = 300
"""Characters of title and body each: far below what a push may hold in any script."""


def push_payload(
    recipient: RecipientNotice,
    notice: Notice,
    *,
    is_loud: bool,
    is_silent: bool = False,
    locale: str = "",
) -> bytes:
    """Return the JSON that the service worker shows; `tag` makes repeats replace each other.

    A silent one makes neither sound nor vibration. It is in the recipient's language unless
    `locale` names the device's own.
    """
    locale = locale or recipient.locale
    words = words_for(notice.template, locale, notice.variables)
    content: dict[str, object] = {
        "id": str(notice.pk),
        "tag": str(notice.pk),
        "title": words.title[:TEXT_LIMIT],
        "body": words.body[:TEXT_LIMIT],
        "url": page_of(notice),
        "receipt": receipt_of(notice.event_id),
        "loud": is_loud,
    }
    if notice.category == Category.MARKETING:
        content["unsubscribe"] = _unsubscribe(recipient, notice, locale)
    if is_silent:
        content["silent"] = True
    if KINDS[notice.template].policy.needs_act:
        content["act"] = _act(recipient, notice, locale)
    action = action_of(notice, locale)
    if action is not None:
        content["action"] = action
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _act(recipient: RecipientNotice, notice: Notice, locale: str) -> dict[str, str]:
    """What acknowledges it with one tap and without a page, and its button's word."""
    token = act_token(
        person_id=recipient.person_id, notice_id=notice.pk, expires_at=notice.expires_at
    )
    return {"token": token, "label": ACKNOWLEDGE.get(locale, ACKNOWLEDGE[DEFAULT_LOCALE])}


def _unsubscribe(recipient: RecipientNotice, notice: Notice, locale: str) -> dict[str, str]:
    """Where one request without a log-in ends such messages, and its button's word."""
    merchant_id = notice.subject.removeprefix("shop:") if "shop:" in notice.subject else None
    path = unsubscribe_path(recipient.person_id, scope_of(merchant_id))
    return {"url": path, "label": UNSUBSCRIBE.get(locale, UNSUBSCRIBE[DEFAULT_LOCALE])}


def shrunk_payload(payload: bytes) -> bytes:
    """Return only what lets the device fetch the rest, for a service that takes less."""
    content = json.loads(payload)
    kept = {
        name: content[name]
        for name in ("id", "tag", "url", "receipt", "silent")
        if name in content
    }
    return json.dumps(kept, separators=(",", ":")).encode()


def text_for(recipient: RecipientNotice, notice: Notice) -> SmsText | None:
    """Return what a vendor carries, or nothing when no approved text tells of this notice."""
    return sms_for(notice.template, recipient.locale, notice.variables)
