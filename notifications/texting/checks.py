"""Checks at start-up that whatever can be texted finds a vendor that has approved its words."""

from collections.abc import Iterator
from string import Template
from typing import Any, Final

from django.core.checks import CheckMessage, Error, register

from notifications.channels.sms import ADAPTERS
from notifications.escalation import Channel
from notifications.lengths import (
    BODY_CHARACTERS,
    CHARACTERS,
    MOST_SEGMENTS,
    longest_text,
    segments,
)
from notifications.policies import KINDS
from notifications.templates import TEMPLATES, TEXT_VARIABLES
from notifications.texting.accounts import account_of
from notifications.texting.book import SANDBOX, Book, BookInvalidError, TextTemplate, book


UNREADABLE: Final = "notifications.E001"
NO_VENDOR: Final = "notifications.E002"
NO_ACCOUNT: Final = "notifications.E003"
NO_TEMPLATE: Final = "notifications.E004"
WRONG_TEMPLATE: Final = "notifications.E005"
UNGUARDED: Final = "notifications.E006"
TOO_LONG: Final = "notifications.E007"

UNSIGNED: Final = frozenset({"aliyun", "tencent"})
"""Vendors whose receipts prove themselves by their secret address alone."""


@register("notifications")
def check_book(**_kwargs: Any) -> list[CheckMessage]:
    """Return what would keep a text from going out."""
    try:
        known = book()
    except BookInvalidError as error:
        return [Error(f"PAIDAN_SMS_FILE: {error}", id=UNREADABLE)]
    return [*_vendors(known), *_missing(known), *_wrong(known), *_too_long(known)]


def needed_texts(channel: Channel) -> set[str]:
    """Return the texts that some ladder sends through `channel`."""
    return {
        TEMPLATES[template].sms
        for template, kind in KINDS.items()
        if TEMPLATES[template].sms and channel in {step.channel for step in kind.policy.steps}
    }


def unapproved_texts(channel: Channel) -> frozenset[str]:
    """Return our texts that some vendor of `channel` has not approved."""
    try:
        known = book()
    except BookInvalidError:
        return frozenset(TEXT_VARIABLES)
    providers = [provider for each, provider in _routed(known) if each is channel]
    return frozenset(
        name
        for name in TEXT_VARIABLES
        for provider in providers
        if known.approved(provider, name, "") is None
    )


def _routed(known: Book) -> Iterator[tuple[Channel, str]]:
    for channel, routes in ((Channel.SMS, known.routes), (Channel.CALL, known.calls)):
        for provider in sorted({each for route in routes.values() for each in route}):
            yield channel, provider


def _vendors(known: Book) -> Iterator[CheckMessage]:
    for channel, provider in _routed(known):
        if provider not in ADAPTERS[channel]:
            yield Error(f"There is no {channel} vendor {provider}.", id=NO_VENDOR)
            continue
        account = account_of(provider)
        if account is None:
            yield Error(f"The account with {provider} is not set.", id=NO_ACCOUNT)
        elif provider in UNSIGNED and not account.receipt_token:
            hint = "Set PAIDAN_SMS_RECEIPT_TOKEN."
            yield Error(f"Receipts of {provider} need a secret.", hint=hint, id=UNGUARDED)


def _missing(known: Book) -> Iterator[CheckMessage]:
    for channel, provider in _routed(known):
        for name in sorted(needed_texts(channel)):
            if provider != SANDBOX and known.approved(provider, name, "") is None:
                yield Error(f"{provider} has no approved template for {name}.", id=NO_TEMPLATE)


def _wrong(known: Book) -> Iterator[CheckMessage]:
    for each in known.templates:
        for fault in _faults(each):
            yield Error(f"{each.provider}, {each.template}: {fault}", id=WRONG_TEMPLATE)


def _too_long(known: Book) -> Iterator[CheckMessage]:
    """Look at the words that are written down: those of codes alone are the vendor's matter."""
    for each in known.templates:
        if not each.text or each.template not in TEXT_VARIABLES:
            continue
        text = longest_text(each)
        parts = segments(text, in_china=each.provider in UNSIGNED)
        most = CHARACTERS if each.provider in UNSIGNED else BODY_CHARACTERS
        if len(text) > most or parts > MOST_SEGMENTS:
            said = f"{len(text)} characters in {parts} segments"
            yield Error(f"{each.provider}, {each.template}: up to {said}.", id=TOO_LONG)


def _faults(each: TextTemplate) -> Iterator[str]:
    values = TEXT_VARIABLES.get(each.template)
    if values is None:
        yield "there is no such text"
        return
    named = {*each.variables, *Template(each.text).get_identifiers()}
    if unknown := sorted(named - values):
        yield f"it is never given {', '.join(unknown)}"
    if each.provider in UNSIGNED and not (each.sign and each.code):
        yield "it needs a sign and a code"
    if each.provider == "twilio" and bool(each.code) == bool(each.text):
        yield "it needs either a text or a code"
