"""Checks at start-up that whatever is sent through WeChat fits its template."""

from collections.abc import Iterator
from string import Template
from typing import Any, Final

from django.core.checks import CheckMessage, Error, register

from notifications.channels.wechat_fields import fitted, holds, type_of
from notifications.previews import SAMPLES
from notifications.templates import LOCALES, TEMPLATES, words_for
from notifications.wechat.accounts import wechat_account
from notifications.wechat.book import WeChatBookInvalidError, WeChatTemplate, wechat_book


UNREADABLE: Final = "notifications.E201"
NO_ACCOUNT: Final = "notifications.E202"
WRONG_TEMPLATE: Final = "notifications.E203"
OWN: Final = frozenset({"title", "body", "order"})


@register("notifications")
def check_wechat(**_kwargs: Any) -> list[CheckMessage]:
    """Return what would keep a message from going out."""
    try:
        book = wechat_book()
    except WeChatBookInvalidError as error:
        return [Error(f"PAIDAN_WECHAT_FILE: {error}", id=UNREADABLE)]
    found: list[CheckMessage] = []
    if book.templates and wechat_account() is None:
        hint = "Set PAIDAN_WECHAT_APP_ID and PAIDAN_WECHAT_SECRET."
        found.append(Error("There is no mini-program to send through.", hint=hint, id=NO_ACCOUNT))
    seen: set[str] = set()
    for template in book.templates:
        faults = [*faults_of(template), *_twice(template, seen)]
        found += [Error(f"{template.id}: {each}", id=WRONG_TEMPLATE) for each in faults]
        seen.update(template.notices)
    return found


def faults_of(template: WeChatTemplate) -> Iterator[str]:
    """Say what is wrong with one template."""
    for name in template.fields:
        if type_of(name) is None:
            yield f"there is no type of field {name}"
    for notice in template.notices:
        if notice not in TEMPLATES:
            yield f"there is no notice {notice}"
        else:
            yield from _faults_of_notice(template, notice)


def _twice(template: WeChatTemplate, seen: set[str]) -> Iterator[str]:
    for notice in template.notices:
        if notice in seen:
            yield f"{notice} is carried by another template already"


def _faults_of_notice(template: WeChatTemplate, notice: str) -> Iterator[str]:
    known = OWN | TEMPLATES[notice].variables
    for name, text in template.fields.items():
        unknown = set(Template(text).get_identifiers()) - known
        for each in sorted(unknown):
            yield f"{name}: {notice} is never given ${each}"
        if unknown or type_of(name) is None:
            continue
        for locale in LOCALES:
            shown = fitted(name, _sample(text, notice, locale))
            if not holds(name, shown):
                yield f"{name}: cannot hold {shown!r} of {notice} in {locale}"


def _sample(text: str, notice: str, locale: str) -> str:
    variables = {name: SAMPLES[name] for name in TEMPLATES[notice].variables}
    words = words_for(notice, locale, variables)
    given = {name: str(value) for name, value in variables.items()}
    given |= {"title": words.title, "body": words.body, "order": "1"}
    return Template(text).substitute(given)
