"""Choosing what to hear and when; each takes effect on whatever is not sent yet."""

from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from core.environment import environment
from core.errors import Conflict, Invalid
from core.people.models import Person
from notifications.escalation import Channel
from notifications.marketing.consent import get_given
from notifications.policies import Category
from notifications.preferences.models import PersonalDay, Preference
from notifications.preferences.policy import Choice, DigestEvery, choices_for
from notifications.preferences.queries import roles_of


class PreferenceLocked(Invalid):
    """Somebody would miss what they must not miss."""

    code = "preference_locked"
    title = "This always comes; it cannot be muted."


class PreferenceUnknown(Invalid):
    """Nothing of the kind is ever sent to them."""

    code = "preference_unknown"
    title = "You are never told of this on that channel."


class DigestNotOffered(Invalid):
    """It is on or off, and never gathered."""

    code = "digest_not_offered"
    title = "This cannot be gathered into digests."


class ConsentMissing(Conflict):
    """Campaigns need a yes of their own."""

    code = "consent_missing"
    title = "Agree to campaigns of somebody first."


class TimeZoneUnknown(Invalid):
    """Not a name in the IANA database."""

    code = "time_zone_unknown"
    title = "There is no such time zone; name one as Asia/Shanghai."


class QuietHoursEmpty(Invalid):
    """They would begin and end at once, which could mean never or always."""

    code = "quiet_hours_empty"
    title = "Quiet hours must end at another time than they begin."


class QuietHoursHalf(Invalid):
    """One of the two times is missing."""

    code = "quiet_hours_half"
    title = "Give both times, or neither for no quiet hours."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Between which times of day, on the clocks of which zone; no times for none."""

    time_zone: str
    starts_at: time | None
    ends_at: time | None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def set_preference(
    *, person: Person, category: Category, channel: Channel, choice: Choice, now: datetime
) -> Preference:
    """Keep the choice; the same again changes nothing.

    :raises PreferenceUnknown: none of the person's roles is told of this on that channel.
    :raises PreferenceLocked: it must reach them.
    :raises DigestNotOffered: it may be muted, yet not gathered.
    :raises ConsentMissing: the person lets nobody send them campaigns.
    """
    offered = choices_for(roles_of(person), category, channel)
    if not offered:
        raise PreferenceUnknown
    if choice not in offered:
        raise PreferenceLocked if len(offered) == 1 else DigestNotOffered
    is_wish = category is Category.MARKETING and choice is not Choice.OFF
    if is_wish and not get_given([person.pk]):
        raise ConsentMissing
    row, _ = Preference.objects.update_or_create(
        person=person,
        category=category,
        channel=channel,
        defaults={"choice": choice, "changed_at": now},
    )
    return row


def set_quiet_hours(*, person: Person, hours: QuietHours, now: datetime) -> PersonalDay:
    """Keep the person's time zone and quiet hours.

    :raises TimeZoneUnknown: the zone is not in the IANA database.
    :raises QuietHoursHalf: only one time is given.
    :raises QuietHoursEmpty: both are the same.
    """
    if hours.time_zone not in _zones():
        raise TimeZoneUnknown
    if (hours.starts_at is None) != (hours.ends_at is None):
        raise QuietHoursHalf
    if hours.starts_at is not None and hours.starts_at == hours.ends_at:
        raise QuietHoursEmpty
    return _change_day(
        person,
        now=now,
        time_zone=hours.time_zone,
        quiet_starts_at=hours.starts_at,
        quiet_ends_at=hours.ends_at,
    )


def set_digest(*, person: Person, every: DigestEvery, hour: int, now: datetime) -> PersonalDay:
    """Keep how often, and at which hour of the day (0 to 23), digests come."""
    return _change_day(person, now=now, digest_every=every, digest_hour=hour)


def _change_day(person: Person, *, now: datetime, **changes: Any) -> PersonalDay:
    """Change these columns alone: two devices may set something for the first time at once."""
    fresh = {"time_zone": environment().time_zone, **changes, "changed_at": now}
    day, _ = PersonalDay.objects.update_or_create(
        person=person, defaults={**changes, "changed_at": now}, create_defaults=fresh
    )
    return day
