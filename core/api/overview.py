"""The operators' overview: each app registers the parts that it knows."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final


Part = Callable[[datetime], Any]

_parts: Final[dict[str, Part]] = {}


def overview_part(name: str) -> Callable[[Part], Part]:
    """Register the function that fills member `name` of the overview; it gets `now`."""

    def register(function: Part) -> Part:
        _parts[name] = function
        return function

    return register


def get_overview(now: datetime) -> dict[str, Any]:
    """Every registered part, by name; call it inside a read snapshot."""
    return {name: part(now) for name, part in sorted(_parts.items())}
