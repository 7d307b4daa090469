"""The law of a campaign."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"  # can be looked at; nobody is told
    RUNNING = "running"  # is planned person by person, and sent
    STOPPED = "stopped"  # whatever was not sent is not sent any more
    ENDED = "ended"  # its time is over


class CampaignTrigger(StrEnum):
    """What can happen to it."""

    START = "start"
    STOP = "stop"
    END = "end"


S, T = CampaignState, CampaignTrigger

TRANSITIONS: Final = MappingProxyType(
    {
        (S.DRAFT, T.START): S.RUNNING,
        (S.DRAFT, T.STOP): S.STOPPED,
        (S.RUNNING, T.STOP): S.STOPPED,
        (S.RUNNING, T.END): S.ENDED,
    }
)
"""(state, trigger) -> next state; a pair that is missing is illegal."""


def next_state(state: CampaignState, trigger: CampaignTrigger) -> CampaignState | None:
    """Return where the trigger leads, or nothing when it is illegal."""
    return TRANSITIONS.get((state, trigger))
