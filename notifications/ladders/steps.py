"""The steps that operators set: how they are written down, and what is wrong with them.

Pure. The board is no step of theirs: the event stream of the very transaction carries it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from notifications.escalation import Channel, Condition, Contacts, Policy, Step
from notifications.policies import ALERT_UNANSWERED, NoticeKind, Role
from notifications.preferences.policy import LAWS
from notifications.templates import TEMPLATES


MOST_STEPS: Final = 10
LAST_SECONDS: Final = 24 * 3600
MOST_LOUD: Final = 4
MOST_OF: Final[Mapping[Channel, int]] = MappingProxyType(
    {Channel.PUSH: 6, Channel.WECHAT: 1, Channel.SMS: 2, Channel.CALL: 2, Channel.OPERATOR: 1}
)
"""Steps of one channel: each text and call costs money, for every recipient."""
CHANNELS: Final[Mapping[Role, frozenset[Channel]]] = MappingProxyType(
    {
        Role.STAFF: frozenset({Channel.PUSH, Channel.SMS, Channel.CALL, Channel.OPERATOR}),
        Role.CUSTOMER: frozenset({Channel.PUSH, Channel.WECHAT, Channel.SMS, Channel.CALL}),
        Role.COURIER: frozenset({Channel.PUSH, Channel.SMS, Channel.CALL}),
        Role.OPERATORS: frozenset({Channel.PUSH, Channel.SMS, Channel.CALL}),
    }
)
"""Ways to each role; a card tells operators of a silent shop, and of nobody else."""
TEXTED: Final = frozenset({Channel.SMS, Channel.CALL})


class Wrong(StrEnum):
    """What can be wrong with a step, or with the ladder as a whole."""

    TOO_MANY = "too_many"  # more steps than any ladder may have
    OUT_OF_ORDER = "out_of_order"  # it comes before the one above it
    TWICE = "twice"  # the same channel at the same moment
    TOO_LATE = "too_late"  # the notice is of no use any more by then
    CHANNEL = "channel"  # no such way to this role
    NO_TEXT = "no_text"  # no approved text carries this notice
    NOT_APPROVED = "not_approved"  # a vendor on the way has not approved its words
    LOUD = "loud"  # only pushes can be loud
    TOO_LOUD = "too_loud"  # more loud steps than anybody bears
    TOO_DEAR = "too_dear"  # more steps of this channel than may be paid for
    REPEATED = "repeated"  # plain news is told once a channel
    SILENT = "silent"  # nobody is told; or no push to everybody is left of what may not be muted
    NO_CARD = "no_card"  # it must end on the operators' desk
    CARD_NOT_LAST = "card_not_last"  # nothing comes after the operators' desk


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, with which step (counted from 0) or with all of them, for which notice."""

    code: Wrong
    step: int | None = None
    template: str = ""

    def view(self) -> dict[str, Any]:
        """Shape for people who must put it right."""
        return {"code": self.code, "step": self.step, "template": self.template}


def step_view(step: Step) -> dict[str, Any]:
    """Shape of one step, in the database and for people."""
    return {
        "channel": step.channel.value,
        "after_seconds": step.after.total_seconds(),
        "condition": step.condition.value,
        "contacts": step.contacts.value,
        "is_loud": step.is_loud,
    }


def steps_view(policy: Policy) -> list[dict[str, Any]]:
    """Shape of what operators may set of a ladder."""
    return [step_view(step) for step in policy.steps if step.channel is not Channel.BOARD]


def read_steps(rows: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Return steps from their shape, numbered from 1; a card is everybody's."""
    return tuple(_step(number, row) for number, row in enumerate(rows, start=1))


def _step(number: int, row: Mapping[str, Any]) -> Step:
    channel = Channel(row["channel"])
    is_card = channel is Channel.OPERATOR
    return Step(
        number=number,
        channel=channel,
        after=timedelta(seconds=row["after_seconds"]),
        condition=Condition(row["condition"]),
        contacts=Contacts.SHARED if is_card else Contacts(row["contacts"]),
        is_loud=bool(row["is_loud"]),
    )


def climbing(kind: NoticeKind, steps: Sequence[Step], *, name: str) -> Policy:
    """Return the ladder of `kind` with `steps` in place of its own, below its board."""
    board = tuple(step for step in kind.policy.steps if step.channel is Channel.BOARD)
    own = tuple(step for step in steps if _obstacle(step, kind) is None)
    return Policy(name=name, needs_act=kind.policy.needs_act, steps=(*board, *own))


def faults_of(steps: Sequence[Step], kinds: Sequence[NoticeKind]) -> Iterator[Fault]:
    """Say everything that keeps notices of these kinds from climbing `steps`.

    A step of several kinds must be one for some of them; the others do without it.
    """
    if len(steps) > MOST_STEPS:
        yield Fault(Wrong.TOO_MANY)
    yield from _faults_of_order(steps)
    yield from _faults_of_price(steps)
    for place, step in enumerate(steps):
        obstacles = [_obstacle(step, kind) for kind in kinds]
        if obstacles[0] is not None and None not in obstacles:
            yield Fault(obstacles[0], place, kinds[0].template)
    for kind in kinds:
        for place, step in enumerate(steps):
            if step.after >= kind.lifetime and _obstacle(step, kind) is None:
                yield Fault(Wrong.TOO_LATE, place, kind.template)
        yield from _faults_of_reach(steps, kind)


def _obstacle(step: Step, kind: NoticeKind) -> Wrong | None:
    """Say why notices of `kind` have no such step: there is no way, or there are no words."""
    if step.channel not in CHANNELS[kind.role]:
        return Wrong.CHANNEL
    template, card = TEMPLATES[kind.template], TEMPLATES[ALERT_UNANSWERED.template]
    if step.channel is Channel.OPERATOR and not card.variables <= template.variables:
        return Wrong.CHANNEL
    return Wrong.NO_TEXT if step.channel in TEXTED and not template.sms else None


def _faults_of_order(steps: Sequence[Step]) -> Iterator[Fault]:
    for place, (before, step) in enumerate(pairwise(steps), start=1):
        if step.after < before.after:
            yield Fault(Wrong.OUT_OF_ORDER, place)
    seen: set[tuple[Channel, timedelta]] = set()
    for place, step in enumerate(steps):
        if (step.channel, step.after) in seen:
            yield Fault(Wrong.TWICE, place)
        seen.add((step.channel, step.after))
    for place, step in enumerate(steps[:-1]):
        if step.channel is Channel.OPERATOR:
            yield Fault(Wrong.CARD_NOT_LAST, place)


def _faults_of_price(steps: Sequence[Step]) -> Iterator[Fault]:
    counts: Counter[Channel] = Counter()
    loud = 0
    for place, step in enumerate(steps):
        counts[step.channel] += 1
        loud += step.is_loud
        if step.is_loud and step.channel is not Channel.PUSH:
            yield Fault(Wrong.LOUD, place)
        if counts[step.channel] > MOST_OF.get(step.channel, MOST_STEPS):
            yield Fault(Wrong.TOO_DEAR, place)
        if step.is_loud and loud > MOST_LOUD:
            yield Fault(Wrong.TOO_LOUD, place)


def _faults_of_reach(steps: Sequence[Step], kind: NoticeKind) -> Iterator[Fault]:
    """Pushes cannot be switched off by people, so one to everybody keeps an alert audible."""
    is_heard = any(
        step.channel is Channel.PUSH
        and step.contacts is Contacts.EVERYONE
        and step.condition is Condition.UNANSWERED
        for step in steps
    )
    is_told = any(_obstacle(step, kind) is None for step in steps)
    if not is_told or (LAWS[kind.category].is_vital and not is_heard):
        yield Fault(Wrong.SILENT, None, kind.template)
    if not kind.policy.needs_act:
        channels = [step.channel for step in steps]
        for place, channel in enumerate(channels):
            if channel in channels[:place]:
                yield Fault(Wrong.REPEATED, place, kind.template)
    ends_on_desk = bool(steps) and _is_certain_card(steps[-1])
    if _is_certain_card(kind.policy.steps[-1]) and not ends_on_desk:
        yield Fault(Wrong.NO_CARD, None, kind.template)


def _is_certain_card(step: Step) -> bool:
    return step.channel is Channel.OPERATOR and step.condition is Condition.UNANSWERED
