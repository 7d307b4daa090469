"""Which choices people have about what they are told, and what quiet hours do to it: data."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from notifications.escalation import Channel, Contacts
from notifications.policies import KINDS, Category, Role


class Choice(StrEnum):
    """What a person wants of one category on one channel."""

    ON = "on"  # as it comes
    OFF = "off"  # not at all
    DIGEST = "digest"  # gathered, at the person's hour


class DigestEvery(StrEnum):
    """How often what was gathered is told."""

    DAY = "day"  # at the person's hour
    HOUR = "hour"  # when the clock's minutes are full


class Quiet(StrEnum):
    """What quiet hours do to a category."""

    COME = "come"  # it needs an act: it comes as always
    SILENT = "silent"  # it comes without sound or vibration
    WAIT = "wait"  # it comes when they end, if it is still of use then


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryLaw:
    """One category: what quiet hours do to it, and whether it must always reach somebody."""

    quiet: Quiet
    is_vital: bool = False
    """Order would break if nobody heard: board and push cannot be muted."""
    may_gather: bool = False
    """Its pushes may be gathered into digests."""
    is_offered: bool = True
    """Whether there is anything to choose."""
    sent_between: tuple[time, time] | None = None
    """Times of the person's day within which alone it is sent."""


LAWS: Final[Mapping[Category, CategoryLaw]] = MappingProxyType(
    {
        Category.ORDER_ALERT: CategoryLaw(quiet=Quiet.COME, is_vital=True),
        Category.PICKUP_OFFER: CategoryLaw(quiet=Quiet.COME, is_vital=True),
        Category.OPERATIONS: CategoryLaw(quiet=Quiet.COME, is_vital=True),
        Category.ORDER_UPDATE: CategoryLaw(quiet=Quiet.SILENT, may_gather=True),
        Category.ACCOUNT: CategoryLaw(quiet=Quiet.WAIT, may_gather=True),
        Category.MARKETING: CategoryLaw(quiet=Quiet.WAIT, sent_between=(time(9), time(21))),
        Category.DIGEST: CategoryLaw(quiet=Quiet.WAIT, is_offered=False),
        # Who asks for it wants it now.
        Category.TRIAL: CategoryLaw(quiet=Quiet.COME, is_offered=False),
    }
)
AFTERWARDS: Final = frozenset({"refunded"})
"""Updates of orders that no longer run: nobody waits for them, so they wait for the morning."""

SHARED: Final = frozenset({Channel.BOARD, Channel.OPERATOR})
"""Channels of a whole audience; no single person switches them."""
VITAL: Final = SHARED | {Channel.PUSH}

Key = tuple[Role, Category, Channel]


def _allowed(category: Category, channel: Channel) -> frozenset[Choice]:
    if channel in SHARED or (LAWS[category].is_vital and channel in VITAL):
        return frozenset({Choice.ON})
    if LAWS[category].may_gather and channel is Channel.PUSH:
        return frozenset(Choice)
    return frozenset({Choice.ON, Choice.OFF})


def _channels_by_kind() -> Mapping[Key, frozenset[Choice]]:
    return {
        (kind.role, kind.category, step.channel): _allowed(kind.category, step.channel)
        for kind in KINDS.values()
        for step in kind.policy.steps
        if LAWS[kind.category].is_offered
        if step.contacts is not Contacts.SHARED or step.channel is Channel.BOARD
    }


CHOICES: Final[Mapping[Key, frozenset[Choice]]] = MappingProxyType(_channels_by_kind())
"""What may be chosen, for all that the ladders ever send; a key that is missing sends nothing."""


_more: Final[list[Callable[[], Collection[Key]]]] = []


def also_sent(function: Callable[[], Collection[Key]]) -> Callable[[], Collection[Key]]:
    """Register what tells which keys operators have ladders send beyond `CHOICES`."""
    _more.append(function)
    return function


def keys_sent() -> frozenset[Key]:
    """Return every key that any ladder sends now."""
    return frozenset(CHOICES).union(*(function() for function in _more))


def _offered(key: Key) -> frozenset[Choice]:
    known = CHOICES.get(key)
    if known is not None:
        return known
    _role, category, channel = key
    return _allowed(category, channel) if key in keys_sent() else frozenset()


def choices_for(
    roles: Collection[Role], category: Category, channel: Channel
) -> frozenset[Choice]:
    """What somebody with these roles may choose: the strictest role decides; empty for nothing."""
    found = (_offered((role, category, channel)) for role in roles)
    offered = [choices for choices in found if choices]
    return frozenset.intersection(*offered) if offered else frozenset()


def effective(key: Key, stored: Choice | None) -> Choice:
    """Return what counts for a message: a stored choice that the role may not make is none."""
    return stored if stored is not None and stored in _offered(key) else Choice.ON


def in_quiet_hours(template: str) -> Quiet:
    """What quiet hours do to this kind of notice."""
    kind = KINDS[template]
    if kind.policy.needs_act:
        return Quiet.COME
    return Quiet.WAIT if template in AFTERWARDS else LAWS[kind.category].quiet
