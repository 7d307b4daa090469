"""The book of vendors: who carries texts where, which words they approved, how much they take.

It is data: a TOML file that `PAIDAN_SMS_FILE` names, read once a process and checked at its start.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.environment import environment
from notifications.channels.sms_provider import Approved
from notifications.escalation import Channel
from notifications.pages import read_page
from notifications.templates import DEFAULT_LOCALE


ANYWHERE: Final = "+"
DAY_SECONDS: Final = 24 * 3600
SANDBOX: Final = "sandbox"


class BookInvalidError(ValueError):
    """The file cannot be used; the message says where it is wrong."""


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Page):
    """At most `count` texts to one number in any `seconds`."""

    count: int = Field(ge=1)
    seconds: int = Field(ge=1, le=DAY_SECONDS)
    per: Literal["number", "template"] = "number"
    """Whether all texts to the number count, or only those with the same words."""


class TextTemplate(_Page):
    """One of our texts as a vendor knows it."""

    provider: str
    template: str
    locale: str = DEFAULT_LOCALE
    sign: str = ""
    code: str = ""
    variables: tuple[str, ...] = ()
    text: str = ""
    status: Literal["approved", "pending", "rejected"] = "approved"

    @property
    def approved(self) -> Approved:
        """What its adapter needs."""
        return Approved(sign=self.sign, code=self.code, variables=self.variables, text=self.text)


class Book(_Page):
    """Everything that an installation says about its vendors, but for the secrets."""

    routes: Mapping[str, tuple[str, ...]] = Field(default={})
    """Vendors for numbers that begin so, in the order of asking; the longest beginning counts."""
    calls: Mapping[str, tuple[str, ...]] = Field(default={})
    """The same for calls."""
    templates: tuple[TextTemplate, ...] = ()
    limits: Mapping[str, tuple[Limit, ...]] = Field(default={})
    """In place of `LIMITS`, by vendor."""
    budget: Mapping[str, int] = Field(default={})
    """Texts that a vendor may be given in a day; without an entry as many as it takes."""

    def route(self, channel: Channel, number: str) -> tuple[str, ...]:
        """Return the vendors for a number, the first to be asked first."""
        routes = self.calls if channel is Channel.CALL else self.routes
        beginnings = [start for start in routes if number.startswith(start)]
        return routes[max(beginnings, key=len)] if beginnings else ()

    def approved(self, provider: str, template: str, locale: str) -> Approved | None:
        """Return the vendor's words for one of our texts, in `locale` if it has them."""
        if provider == SANDBOX:
            return Approved()  # it speaks our own names
        known = [
            each
            for each in self.templates
            if (each.provider, each.template, each.status) == (provider, template, "approved")
        ]
        known.sort(key=lambda each: (each.locale != locale, each.locale != DEFAULT_LOCALE))
        return known[0].approved if known else None

    def limits_of(self, provider: str) -> tuple[Limit, ...]:
        """Return what the vendor allows per number."""
        return self.limits.get(provider, LIMITS.get(provider, ()))


# As the vendors document for notifications; what their consoles set instead belongs in the file.
LIMITS: Final[Mapping[str, tuple[Limit, ...]]] = MappingProxyType(
    {
        # "Message sending rules" (44335, 2881383): of the same sign and template 50 to one number
        # in any 24 hours.
        "aliyun": (Limit(count=50, seconds=DAY_SECONDS, per="template"),),
        # "What is the default sending frequency limit of SMS?" (382/13303; the Chinese page says
        # the same): the same content to one number once in 30 s, and 10 texts a calendar day. We
        # are stricter: content is told by its template, and a day is any 24 hours. One copy of
        # the international page said 2 a day for a while; no page knows a limit by the hour.
        "tencent": (
            Limit(count=1, seconds=30, per="template"),
            Limit(count=10, seconds=DAY_SECONDS),
        ),
    }
)


def read_book(path: Path) -> Book:
    """Read the file.

    :raises BookInvalidError: it is not there, no TOML, or says what nobody understands.
    """
    return read_page(path, Book, error=BookInvalidError)


@lru_cache(maxsize=4)
def _book_in(path: str) -> Book:
    return read_book(Path(path))


def book() -> Book:
    """Return the installation's book; without a file a sandbox, if there is one, carries all.

    :raises BookInvalidError: there is a file, and it cannot be used.
    """
    env = environment()
    if env.sms_file:
        return _book_in(env.sms_file)
    if env.sandbox_url and not env.production:
        return Book(routes={ANYWHERE: (SANDBOX,)}, calls={ANYWHERE: (SANDBOX,)})
    return Book()
