"""Makes checks and says how each went."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from pkgutil import iter_modules
from traceback import format_exception
from typing import Any, Literal

from websockets.exceptions import WebSocketException

from tests.conformance import checks as areas
from tests.conformance.registry import CHECKS, Check
from tests.conformance.rules import Broken, LeftOut
from tests.conformance.wire import Closed
from tests.conformance.world import Place, Refused, World


async def _nothing(_world: World) -> None:
    """The hub answers, and the token's person works for a shop."""


REACHED = Check(
    name="place.reached", says=(_nothing.__doc__ or ""), body=_nothing, slow=False, ends=False
)
"""What opening a world proves by itself."""

State = Literal["passed", "failed", "left out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one check went; `rule`, `expected` and `got` are empty when it passed."""

    name: str
    says: str
    state: State
    seconds: float
    rule: str = ""
    expected: str = ""
    got: str = ""

    def as_json(self) -> dict[str, Any]:
        """Members that have something to say."""
        return {name: value for name, value in asdict(self).items() if value != ""}


def all_checks() -> list[Check]:
    """Every check, those after which the hub is gone last."""
    for module in iter_modules(areas.__path__):
        import_module(f"{areas.__name__}.{module.name}")
    return sorted(CHECKS.values(), key=lambda check: check.ends)


async def make(check: Check, place: Place) -> Result:
    """Make one check."""
    started = time.monotonic()
    state, told = await _outcome(check, place)
    rule, expected, got = told
    return Result(
        name=check.name,
        says=check.says,
        state=state,
        seconds=round(time.monotonic() - started, 3),
        rule=rule,
        expected=expected,
        got=got,
    )


async def make_all(
    chosen: Iterable[Check], place: Place, tell: Callable[[Result], None]
) -> list[Result]:
    """Make the quick ones one by one, then the slow ones side by side, then those that end it.

    Where nobody answers, or the token is worth nothing, that is the only result.
    """
    reached = await make(REACHED, place)
    if reached.state != "passed":
        tell(reached)
        return [reached]
    checks = list(chosen)
    last = [check for check in checks if check.ends]
    slow = [check for check in checks if check.slow and not check.ends]
    quick = [check for check in checks if not check.slow and not check.ends]
    return [
        *[await _made(check, place, tell) for check in quick],
        *await asyncio.gather(*(_made(check, place, tell) for check in slow)),
        *[await _made(check, place, tell) for check in last],
    ]


async def _made(check: Check, place: Place, tell: Callable[[Result], None]) -> Result:
    result = await make(check, place)
    tell(result)
    return result


async def _outcome(check: Check, place: Place) -> tuple[State, tuple[str, str, str]]:
    try:
        async with World.open(place) as world:
            await check.body(world)
    except LeftOut as reason:
        return "left out", ("", "", str(reason))
    except Exception as error:  # noqa: BLE001  a hub may answer anything; that is its failure
        return "failed", _told(error)
    return "passed", ("", "", "")


def _told(error: Exception) -> tuple[str, str, str]:
    """Which rule was broken, what was expected, what came."""
    match error:
        case Broken():
            return error.rule, error.expected, str(error.got)
        case Closed():
            return "close", "an open socket", str(error.code)
        case Refused():
            return "served", "an answer", str(error)
        case OSError() | WebSocketException() | TimeoutError():
            return "served", "a hub that answers", repr(error)
        case _:
            return "answer", "what the documents say", "".join(format_exception(error)[-3:])
