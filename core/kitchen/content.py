"""What stands on a kitchen ticket, and what a print is: the first, the same again, or another."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """What a print is beside those before it."""

    FIRST = "first"
    REPRINT = "reprint"  # the kitchen may hold the same paper already
    CHANGED = "changed"  # what the kitchen holds is no longer true


@dataclass(frozen=True, slots=True)
class Printed:
    """The newest print of an order: its content and which revision of the ticket that was."""

    content: dict[str, Any]
    revision: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the next print is."""

    mark: Mark
    revision: int
    changes: tuple[dict[str, Any], ...] = ()


def judge(content: dict[str, Any], before: Printed | None) -> Verdict:
    """Say what a print of `content` is after `before`; the revision counts what was different."""
    if before is None:
        return Verdict(Mark.FIRST, 1)
    changes = tuple(differences(before.content, content))
    if not changes:
        return Verdict(Mark.REPRINT, before.revision)
    return Verdict(Mark.CHANGED, before.revision + 1, changes)


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the kitchen must know: lines with other quantities first, in the old order."""
    quantities = {line["id"]: line["quantity"] for line in new["lines"]}
    found: list[dict[str, Any]] = [
        {"kind": "quantity", "name": line["name"], "before": line["quantity"], "now": now}
        for line in old["lines"]
        if (now := quantities.get(line["id"], 0)) != line["quantity"]
    ]
    if old["fulfilment"] != new["fulfilment"]:
        found.append({"kind": "fulfilment", "before": old["fulfilment"], "now": new["fulfilment"]})
    if new["is_cancelled"] and not old["is_cancelled"]:
        found.append({"kind": "cancelled"})
    return found
