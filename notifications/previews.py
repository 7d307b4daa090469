"""Every template in every language with sample values: for operators to look at, and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from notifications.policies import KINDS
from notifications.templates import LOCALES, TEMPLATES, sms_for, words_for


SAMPLES: Final[Mapping[str, object]] = MappingProxyType(
    {
        "number": 42,
        "shop": "马家面馆",
        "total": "45.00 CNY",
        "minutes": 10,
        "provider": "aliyun",
        "percent": 80,
        "count": 3,
        "titles": "已送达 · 已退款",
        "host": "pos.example",
        "title": "今日特价",
        "body": "牛肉面八折",
    }
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
            )


def _text_of(template: str, locale: str) -> str:
    text = sms_for(template, locale, SAMPLES)
    if text is None:
        return ""
    values = ", ".join(f"{name}={value}" for name, value in sorted(text.variables.items()))
    return f"{text.template}({values})"
