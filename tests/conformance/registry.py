"""Every check by name, with what it needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from tests.conformance.world import World


Body = Callable[[World], Awaitable[None]]

CHECKS: Final[dict[str, "Check"]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing a hub must do; its body raises `Broken` when it does not."""

    name: str
    says: str
    body: Body
    slow: bool
    ends: bool
    """Whether the hub is gone afterwards."""


def check(name: str, *, slow: bool = False, ends: bool = False) -> Callable[[Body], Body]:
    """Register a check; the first line of its docstring says what the hub must do."""

    def register(body: Body) -> Body:
        assert name not in CHECKS
        says = (body.__doc__ or "").strip().partition("\n")[0]
        CHECKS[name] = Check(name=name, says=says, body=body, slow=slow, ends=ends)
        return body

    return register
