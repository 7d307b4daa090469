"""Every template in every language with sample values: for operators to look at, and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from types import MappingProxyType
from typing import Final

from notifications.lengths import longest_push
from notifications.policies import KINDS
from notifications.templates import (
    DEFAULT_LOCALE,
    LOCALES,
    TEMPLATES,
    sms_for,
    words_for,
)
from notifications.variables import VARIABLES


ANYTHING: Final = "…"
"""In a kind's name, where an order's value stands."""
SAMPLES: Final[Mapping[str, object]] = MappingProxyType(
    {name: each.sample for name, each in VARIABLES.items()}
)
"""A value for everything that a template may speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One template in one language, as a phone shows it."""

    template: str
    category: str
    role: str
    locale: str
    title: str
    body: str
    text: str
    """The vendor's approved text that carries it, with its values; empty for none."""
    variables: str
    """What it declares: name, type and longest value of each."""
    push_bytes: int
    """How many a push has, were every variable as long as it may be."""


def get_previews() -> Iterator[Preview]:
    """Render all of them, in the order of their names."""
    for template in sorted(TEMPLATES):
        kind = KINDS[template]
        for locale in LOCALES:
            words = words_for(template, locale, SAMPLES)
            yield Preview(
                template=template,
                category=kind.category,
                role=kind.role,
                locale=locale,
                title=words.title,
                body=words.body,
                text=_text_of(template, locale),
                variables=_variables_of(template),
                push_bytes=longest_push(template, locale),
            )


def get_kind_names(locale: str) -> dict[str, str]:
    """Return what each kind of notice is called: its title, without any order's values."""
    names = {}
    for name, template in sorted(TEMPLATES.items()):
        words = template.words.get(locale) or template.words[DEFAULT_LOCALE]
        title = Template(words.title).substitute(dict.fromkeys(template.variables, ANYTHING))
        # A campaign's title is all its own.
        names[name] = name if title == ANYTHING else title
    return names


def _variables_of(template: str) -> str:
    declared = {name: VARIABLES[name] for name in sorted(TEMPLATES[template].variables)}
    return ", ".join(
        f"{name}: {each.kind.__name__} ≤ {each.longest}" for name, each in declared.items()
    )


def _text_of(template: str, locale: str) -> str:
    text = sms_for(template, locale, SAMPLES)
    if text is None:
        return ""
    values = ", ".join(f"{name}={value}" for name, value in sorted(text.variables.items()))
    return f"{text.template}({values})"
