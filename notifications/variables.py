"""What notices may speak of: each variable's type, its longest value, and what wrong ones become.

A notice is recorded with exactly the variables that its template declares. A mistake fails where
it is made, in tests and in development; in production no mistake of ours may keep somebody from
hearing of an order, so there it is logged, counted, and a gap stands where the value belongs.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import structlog

from core.environment import environment


log = structlog.get_logger(__name__)

GAP: Final = "…"
"""Stands for what nobody knows; people see that something is missing, and the rest."""
ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One thing that words may speak of; `longest` counts digits or characters."""

    kind: type[int] | type[str]
    longest: int
    sample: int | str

    @property
    def worst(self) -> int | str:
        """A value that takes as much room as any: each character six bytes of JSON."""
        return int("9" * self.longest) if self.kind is int else "\x01" * self.longest


def _whole(longest: int, sample: int) -> Variable:
    return Variable(kind=int, longest=longest, sample=sample)


def _text(longest: int, sample: str) -> Variable:
    return Variable(kind=str, longest=longest, sample=sample)


VARIABLES: Final[Mapping[str, Variable]] = MappingProxyType(
    {
        "number": _whole(10, 42),  # of the order, within its shop
        "shop": _text(120, "马家面馆"),
        "total": _text(20, "¥45.00"),  # money with its currency
        "minutes": _whole(4, 10),  # of delay
        "provider": _text(16, "aliyun"),  # whose budget is spent
        "percent": _whole(3, 80),  # of the budget
        "queue": _text(16, "push"),  # of the senders
        "count": _whole(6, 3),  # notices that a digest gathered
        "titles": _text(400, "已送达 · 已退款"),  # of the newest of them
        "host": _text(253, "pos.example"),  # of a shop's program
        "title": _text(60, "今日特价"),  # of a campaign
        "body": _text(200, "牛肉面八折"),  # of a campaign
    }
)

wrong_variables: Final[Counter[str]] = Counter()
"""Notices of each template that this process recorded with a gap; for `/metrics`."""


class VariablesWrong(TypeError):
    """A notice was to be recorded with other variables than its template declares."""


class Gaps(dict[str, object]):
    """Values for words, with a gap for those that an older notice was recorded without."""

    def __missing__(self, _name: str) -> str:
        """Return what stands for an unknown value."""
        return GAP


def recorded(
    template: str, declared: frozenset[str], given: Mapping[str, object]
) -> dict[str, object]:
    """Return exactly the `declared` variables of `given`, as the notice keeps them.

    :raises VariablesWrong: one is missing, undeclared or of another type; never in production.
    """
    faults = list(_faults(declared, given))
    if faults:
        if not environment().production:
            raise VariablesWrong(f"{template}: {', '.join(faults)}")
        wrong_variables[template] += 1
        log.error("notice.variables_wrong", template=template, faults=faults)
    return {name: _kept(VARIABLES[name], given.get(name)) for name in sorted(declared)}


def _faults(declared: frozenset[str], given: Mapping[str, object]) -> Iterator[str]:
    for name in sorted(declared - given.keys()):
        yield f"{name} is missing"
    for name in sorted(given.keys() - declared):
        yield f"{name} is not declared"
    for name in sorted(declared & given.keys()):
        if not _is_of(given[name], VARIABLES[name]):
            yield f"{name} is {type(given[name]).__name__}"


def _is_of(value: object, variable: Variable) -> bool:
    return isinstance(value, variable.kind) and not isinstance(value, bool)


def _kept(variable: Variable, value: object) -> object:
    """Return the value, cut to its length; text may stand for anything that can be written."""
    if isinstance(value, int) and variable.kind is int and not isinstance(value, bool):
        return value
    text = str(value) if isinstance(value, int | float | str) else GAP
    if len(text) <= variable.longest:
        return text
    return text[: variable.longest - len(ELLIPSIS)] + ELLIPSIS
