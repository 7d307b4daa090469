"""The field types of WeChat's message templates: what each may hold, and how ours is cut."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


FIELD: Final = re.compile(r"(?P<type>[a-z_]+?)(?P<number>[0-9]{1,2})")
ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """One type: how many characters it may have, and of which kind all of them are."""

    longest: int
    pattern: re.Pattern[str]
    can_be_cut: bool = False
    """Whether what is too long may lose its end; half a number would be another number."""


def _type(longest: int, pattern: str, *, can_be_cut: bool = False) -> FieldType:
    return FieldType(longest=longest, pattern=re.compile(pattern), can_be_cut=can_be_cut)


_TIME: Final = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_DATE: Final = r"\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"

FIELD_TYPES: Final[Mapping[str, FieldType]] = MappingProxyType(
    {
        "thing": _type(20, r"[^\n\r\t]+", can_be_cut=True),
        "number": _type(32, r"\d+(?:\.\d+)?"),
        "letter": _type(32, r"[A-Za-z]+"),
        "symbol": _type(5, r"[^\w\s]+"),
        "character_string": _type(32, r"[\x21-\x7e]+"),
        "time": _type(32, rf"(?:(?:{_DATE}) ?)?{_TIME}"),
        "date": _type(32, rf"(?:{_DATE})(?: ?{_TIME})?"),
        "amount": _type(13, r"[¥$€£]?\d{1,10}(?:\.\d+)?元?"),
        "phone_number": _type(17, r"[+\-\d]+"),
        "car_number": _type(8, r"[\u4e00-\u9fffA-Z][A-Z0-9]+[\u4e00-\u9fff]?"),
        "name": _type(10, r"[^\d\n\r\t]+", can_be_cut=True),
        "phrase": _type(5, r"[\u4e00-\u9fff]+"),
    }
)
"""By the beginning of a field's name: `thing1` is a thing."""


def type_of(name: str) -> FieldType | None:
    """Return the type of a field by its name; nothing when there is no such type."""
    found = FIELD.fullmatch(name)
    return FIELD_TYPES.get(found["type"]) if found else None


def fitted(name: str, value: str) -> str:
    """Return the value as the field may hold it, its end cut where that is allowed."""
    kind = type_of(name)
    flat = " ".join(value.split())
    if kind is None or not kind.can_be_cut or len(flat) <= kind.longest:
        return flat
    return flat[: kind.longest - len(ELLIPSIS)] + ELLIPSIS


def holds(name: str, value: str) -> bool:
    """Whether the field may hold the value as it is."""
    kind = type_of(name)
    if kind is None or len(value) > kind.longest:
        return False
    return kind.pattern.fullmatch(value) is not None
