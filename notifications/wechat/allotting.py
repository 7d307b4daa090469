"""Spends a grant for each WeChat message that is due, and gives back what was not taken.

It runs inside the claim and inside the writing down, under the grants' row locks: what one sender
has spent, another cannot.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import F

from notifications.channels.result import Outcome, SendResult
from notifications.channels.wechat import NO_GRANT, WeChatMessage
from notifications.channels.wechat_fields import fitted
from notifications.models import Delivery, Notice, RecipientNotice
from notifications.preferences.resolution import Recipients
from notifications.states import DeliveryTrigger
from notifications.templates import words_for
from notifications.wechat.book import WeChatTemplate, wechat_book
from notifications.wechat.models import WeChatGrant


WITHOUT_GRANT: Final = "no_grant"
KEPT: Final = frozenset({Outcome.SENT, Outcome.UNKNOWN})
"""The grant is spent, or may be."""
LANGUAGES: Final = {"zh-CN": "zh_CN", "en": "en_US"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatJob:
    """One message, and the grant that was spent for it."""

    message: WeChatMessage
    grant_id: int


def allot_wechat(
    rows: Sequence[Delivery], notices: Mapping[UUID, Notice], recipients: Recipients
) -> dict[UUID, WeChatJob]:
    """Spend a grant for each locked row; cancel those for which there is none."""
    if not rows:
        return {}
    book = wechat_book()
    grants = _lock_grants({recipients[row.recipient_id].person_id for row in rows})
    jobs: dict[UUID, WeChatJob] = {}
    for row in rows:
        notice, recipient = notices[row.notice_id], recipients[row.recipient_id]
        template = book.carrying(notice.template)
        grant = grants.get((recipient.person_id, template.id)) if template else None
        if template is None or grant is None or grant.left_count < 1:
            continue
        grant.left_count -= 1
        message = _message(template, grant.user.openid, recipient, notice)
        jobs[row.pk] = WeChatJob(message=message, grant_id=grant.pk)
    for grant_id, count in Counter(job.grant_id for job in jobs.values()).items():
        _change(grant_id, -count)
    without = [row.pk for row in rows if row.pk not in jobs]
    Delivery.objects.filter(pk__in=without).move(DeliveryTrigger.CANCEL, code=WITHOUT_GRANT)
    return jobs


def settle_grants(ended: Iterable[tuple[WeChatJob, SendResult]]) -> None:
    """Give back the grants of messages that were surely not taken.

    Where WeChat says that there is none, there is none, whatever we have counted.
    """
    back: Counter[int] = Counter()
    gone: set[int] = set()
    for job, result in ended:
        if result.code == NO_GRANT:
            gone.add(job.grant_id)
        elif result.outcome not in KEPT:
            back[job.grant_id] += 1
    for grant_id in sorted(gone | back.keys()):
        if grant_id in gone:
            WeChatGrant.objects.filter(pk=grant_id).update(left_count=0)
        else:
            _change(grant_id, back[grant_id])


def _change(grant_id: int, count: int) -> None:
    WeChatGrant.objects.filter(pk=grant_id).update(left_count=F("left_count") + count)


def _lock_grants(person_ids: set[UUID]) -> dict[tuple[UUID, str], WeChatGrant]:
    rows = WeChatGrant.objects.select_for_update().filter(user__person__in=person_ids)
    return {
        (grant.user.person_id, grant.template_id): grant
        for grant in rows.select_related("user").order_by("pk")
    }


def _message(
    template: WeChatTemplate, openid: str, recipient: RecipientNotice, notice: Notice
) -> WeChatMessage:
    words = words_for(notice.template, recipient.locale, notice.variables)
    given = {name: str(value) for name, value in notice.variables.items()}
    given |= {"title": words.title, "body": words.body, "order": str(notice.order_id or "")}
    values = template.values(given)
    return WeChatMessage(
        openid=openid,
        template_id=template.id,
        data={name: fitted(name, value) for name, value in values.items()},
        page=template.page.replace("$order", given["order"]),
        language=LANGUAGES.get(recipient.locale, "zh_CN"),
    )
