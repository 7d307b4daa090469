"""Writes docs/states.md from the tables that are the law of orders and legs."""

import inspect
import re
from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from core.environment import ROOT
from core.legs import states as leg
from core.orders import states as order


PATH: Path = ROOT / "docs" / "states.md"
MEMBER = re.compile(r'^\s+\w+ = "(\w+)"  # (.+)$', re.MULTILINE)
ROLES = ("customer", "merchant", "courier", "operator", "system", "provider")

Transitions = Mapping[tuple[Any, Any], Any]


class Command(BaseCommand):
    """`manage.py states_doc`."""

    help = "Write docs/states.md from the transition tables."

    def handle(self, **_options: Any) -> None:
        """Replace the file."""
        PATH.write_text(render(), encoding="utf-8")


def render() -> str:
    """Return the whole document."""
    return "\n".join(
        [
            "# States",
            "",
            "Generated from the transition tables by `./manage.py states_doc`; a test keeps it",
            "true. What is not listed is refused with `illegal_transition` (409), or with",
            "`not_allowed` (403) when the role never may.",
            "",
            *_machine("Order", order.State, order.Trigger, order.TRANSITIONS, order.WHO_MAY),
            *_machine("Delivery leg", leg.LegState, leg.LegTrigger, leg.TRANSITIONS, leg.WHO_MAY),
        ]
    )


def _machine(
    title: str,
    states: type[StrEnum],
    triggers: type[StrEnum],
    transitions: Transitions,
    who_may: Mapping[Any, frozenset[str]],
) -> list[str]:
    return [
        f"## {title}",
        "",
        *_diagram(states, triggers, transitions),
        "",
        *_table(("state", "meaning"), [(f"`{s}`", _meaning(states, s)) for s in states]),
        "",
        *_table(
            ("trigger", "meaning", "who may"),
            [(f"`{t}`", _meaning(triggers, t), _roles(who_may[t])) for t in triggers],
        ),
        "",
        *_table(("in state", "trigger", "leads to"), _steps(states, triggers, transitions)),
        "",
    ]


def _diagram(
    states: type[StrEnum], triggers: type[StrEnum], transitions: Transitions
) -> list[str]:
    """Moves only: triggers that stay in their state would hide the picture."""
    moves: dict[tuple[str, str], list[str]] = {}
    for before, trigger in product(states, triggers):
        after = transitions.get((before, trigger), before)
        if before is not after:
            moves.setdefault((before, after), []).append(trigger)
    lines = [f"    {a} --> {b}: {', '.join(names)}" for (a, b), names in moves.items()]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(states))}", *lines, "```"]


def _steps(
    states: type[StrEnum], triggers: type[StrEnum], transitions: Transitions
) -> list[tuple[str, ...]]:
    return [
        (f"`{state}`", f"`{trigger}`", f"`{transitions[state, trigger]}`")
        for state, trigger in product(states, triggers)
        if (state, trigger) in transitions
    ]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _meaning(enum: type[StrEnum], member: StrEnum) -> str:
    """Return the comment beside the member in the source, so that it is written once."""
    meanings: dict[str, str] = dict(MEMBER.findall(inspect.getsource(enum)))
    return meanings.get(member.value, "")


def _roles(roles: frozenset[str]) -> str:
    return ", ".join(role for role in ROLES if role in roles)
