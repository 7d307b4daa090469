"""The commands by which people choose what they hear and when."""

from datetime import time
from typing import Annotated, Any

from pydantic import Field

from core.gate.registry import Arguments, Call, command
from notifications.escalation import Channel
from notifications.policies import Category
from notifications.preferences.commands import (
    QuietHours,
    set_digest,
    set_preference,
    set_quiet_hours,
)
from notifications.preferences.models import DIGEST_HOUR
from notifications.preferences.policy import Choice, DigestEvery
from notifications.preferences.queries import (
    day_view,
    digest_view,
    get_chosen,
    preference_view,
    roles_of,
)


ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
"""Time of day, on the clock of the person's zone."""


class PreferenceArguments(Arguments):
    """Which category on which channel, and what is wanted of it."""

    category: Category
    channel: Channel
    choice: Choice


class QuietHoursArguments(Arguments):
    """From when until when, on which clock; both null for no quiet hours."""

    time_zone: str = Field(min_length=1, max_length=64, examples=["Asia/Shanghai"])
    starts_at: ClockTime | None = None
    ends_at: ClockTime | None = None


class DigestArguments(Arguments):
    """How often, and for daily ones the hour of the day on the person's clock."""

    every: DigestEvery
    hour: int = Field(default=DIGEST_HOUR, ge=0, le=23)


@command("preferences.set", path="/me/preferences", arguments=PreferenceArguments)
def preferences_set(call: Call, arguments: PreferenceArguments) -> dict[str, Any]:
    """Choose how to be told of one category on one channel."""
    set_preference(
        person=call.person,
        category=arguments.category,
        channel=arguments.channel,
        choice=arguments.choice,
        now=call.now,
    )
    key = (arguments.category, arguments.channel)
    chosen = get_chosen([call.person.pk])
    return preference_view(call.person.pk, roles_of(call.person), key, chosen)


@command("quiet_hours.set", path="/me/quiet-hours", arguments=QuietHoursArguments)
def quiet_hours_set(call: Call, arguments: QuietHoursArguments) -> dict[str, Any]:
    """Choose when to be left in peace, in a time zone."""
    hours = QuietHours(
        time_zone=arguments.time_zone,
        starts_at=_time_of(arguments.starts_at),
        ends_at=_time_of(arguments.ends_at),
    )
    return day_view(set_quiet_hours(person=call.person, hours=hours, now=call.now))


@command("digest.set", path="/me/digest", arguments=DigestArguments)
def digest_set(call: Call, arguments: DigestArguments) -> dict[str, Any]:
    """Choose how often, and at which hour, digests come."""
    day = set_digest(person=call.person, every=arguments.every, hour=arguments.hour, now=call.now)
    return digest_view(day)


def _time_of(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)
