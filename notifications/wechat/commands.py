"""Linking a person with their WeChat, and counting the messages that they agree to."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from core.errors import Conflict, Invalid
from core.people.models import Person
from notifications.wechat.book import wechat_book
from notifications.wechat.models import WeChatGrant, WeChatUser


MOST_GRANTS: Final = 1000
"""Of one template; more could only be a mistake."""


class WeChatNotLinked(Conflict):
    """Whose grants these are is not known yet."""

    code = "wechat_not_linked"
    title = "Log in with WeChat first."


class WeChatTemplateUnknown(Invalid):
    """Nothing is ever sent by this template."""

    code = "wechat_template_unknown"
    title = "This installation sends no such template."


@transaction.atomic
def link_wechat(*, person: Person, openid: str, now: datetime) -> WeChatUser:
    """Keep who the person is in WeChat; an openid that changed hands goes to its new owner.

    Its grants go along, as WeChat counts them by openid; those of another openid of theirs end.
    """
    held = WeChatUser.objects.select_for_update().filter(openid=openid).first()
    if held is not None and held.person_id == person.pk:
        return held
    WeChatUser.objects.filter(person=person).delete()
    if held is not None:
        held.person, held.linked_at = person, now
        held.save(update_fields=["person", "linked_at"])
        return held
    return WeChatUser.objects.create(person=person, openid=openid, linked_at=now)


def unlink_wechat(*, person: Person) -> bool:
    """Forget who the person is in WeChat; true when it was known."""
    count, _ = WeChatUser.objects.filter(person=person).delete()
    return count > 0


def add_grants(*, person: Person, template_ids: Collection[str]) -> None:
    """Count what the person agreed to: one message for each time a template is named.

    :raises WeChatNotLinked: the person has not logged in with WeChat.
    :raises WeChatTemplateUnknown: we send no such template.
    """
    user = WeChatUser.objects.select_for_update().filter(person=person).first()
    if user is None:
        raise WeChatNotLinked
    if set(template_ids) - wechat_book().ids:
        raise WeChatTemplateUnknown
    for template_id, count in sorted(Counter(template_ids).items()):
        grant, _ = WeChatGrant.objects.get_or_create(user=user, template_id=template_id)
        few = WeChatGrant.objects.filter(pk=grant.pk, left_count__lte=MOST_GRANTS - count)
        few.update(left_count=F("left_count") + count)
