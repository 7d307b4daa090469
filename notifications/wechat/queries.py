"""Reading who can be reached in WeChat, and by which templates."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from core.people.models import Person
from notifications.wechat.book import wechat_book
from notifications.wechat.models import WeChatGrant, WeChatUser


def get_linked(person_ids: Collection[UUID], *, template: str) -> frozenset[UUID]:
    """Return who of these people can be told of such a notice; asks nothing where none can."""
    if not person_ids or wechat_book().carrying(template) is None:
        return frozenset()
    rows = WeChatUser.objects.filter(person__in=person_ids)
    return frozenset(rows.values_list("person_id", flat=True))


def get_standing(person: Person) -> dict[str, Any]:
    """Say whether the person is known to WeChat, and what they have agreed to."""
    is_linked = WeChatUser.objects.filter(person=person).exists()
    left = dict(
        WeChatGrant.objects.filter(user__person=person).values_list("template_id", "left_count")
    )
    return {
        "linked": is_linked,
        "templates": [
            {"template_id": each.id, "notices": each.notices, "left_count": left.get(each.id, 0)}
            for each in wechat_book().templates
        ],
    }
