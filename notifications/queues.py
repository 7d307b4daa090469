"""The queues of senders: every kind of work that one takes or leaves, named once.

A queue is woken, served and watched by its name. What waits in it are rows; a broker's queue of
the same name holds wake-ups only.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from notifications.escalation import Channel
from notifications.lanes import Lane


CHANNEL_QUEUES: Final[Mapping[str, Channel]] = MappingProxyType(
    {channel.value: channel for channel in Channel if channel is not Channel.BOARD}
)
"""Queues of the service lane: one a channel, but for boards, which the event stream serves."""
WEBHOOKS: Final = "webhooks"
"""What programs of shops are told."""
MARKETING: Final = Lane.MARKETING.value
"""Campaigns, through whatever channel: planned and sent apart from all else."""
QUEUES: Final = (*CHANNEL_QUEUES, WEBHOOKS, MARKETING)


class UnknownQueue(ValueError):
    """There is no queue of that name; the message says which there are."""


def read_queues(text: str) -> frozenset[str]:
    """Read names with commas between them.

    :raises UnknownQueue: one of them is none, or there is none at all.
    """
    names = frozenset(filter(None, (name.strip() for name in text.split(","))))
    unknown = sorted(names - set(QUEUES))
    if unknown or not names:
        raise UnknownQueue(f"no queue {', '.join(unknown) or 'named'}; known: {', '.join(QUEUES)}")
    return names


def lane_of(queue: str) -> Lane:
    """Return the lane that `queue` is a part of."""
    return Lane.MARKETING if queue == MARKETING else Lane.SERVICE


def channels_of(queues: Collection[str]) -> tuple[Channel, ...]:
    """Channels of the service lane among `queues`."""
    return tuple(channel for name, channel in CHANNEL_QUEUES.items() if name in queues)
