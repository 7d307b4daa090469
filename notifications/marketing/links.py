"""Unsubscribe links: a signed text that ends campaigns for one person, without a log-in.

They never expire: who has an old message must be able to end them, too.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core import signing

from core.environment import environment
from core.errors import PaidanError


SALT: Final = "notifications.unsubscribe"
PAGE_PATH: Final = "/u/"
"""Where the page of a link stands, before the token."""
ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
"""The form field by which mail programs and service workers ask (RFC 8058)."""

_signer: Final = signing.Signer(salt=SALT, sep=".")


class BadUnsubscribeLink(PaidanError):
    """The link was not made by us."""

    code = "bad_unsubscribe_link"
    title = "This is no unsubscribe link of ours."
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscriber:
    """Whom the link speaks for, and of which campaigns."""

    person_id: UUID
    scope: str


def unsubscribe_path(person_id: UUID, scope: str) -> str:
    """Return the path that ends the campaigns of `scope` for the person."""
    return PAGE_PATH + _signer.sign(f"{person_id.hex}~{scope}")


def unsubscribe_url(person_id: UUID, scope: str) -> str:
    """Return the same with our own address, for messages outside the pages."""
    return environment().public_url.rstrip("/") + unsubscribe_path(person_id, scope)


def read_link(token: str) -> Unsubscriber:
    """Return for whom a link speaks.

    :raises BadUnsubscribeLink: when it is forged.
    """
    try:
        person, _, scope = _signer.unsign(token).partition("~")
    except signing.BadSignature:
        raise BadUnsubscribeLink from None
    return Unsubscriber(person_id=UUID(hex=person), scope=scope)
