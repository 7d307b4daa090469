"""Reading what people chose, for themselves and for whoever is about to send."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from core.environment import environment
from core.people.models import Person
from core.people.queries import get_roles
from core.prepared_sets import PreparedSet
from notifications.escalation import Channel
from notifications.ladders.memory import memory
from notifications.marketing.consent import get_given
from notifications.policies import Category, Role
from notifications.preferences.models import PersonalDay, Preference
from notifications.preferences.policy import Choice, choices_for, keys_sent


Chosen = Mapping[tuple[UUID, str, str], Choice]
"""Choices by person, category and channel."""


_chosen: Final = PreparedSet(
    lambda ids: Preference.objects.filter(person__in=ids).values_list(
        "person_id", "category", "channel", "choice"
    ),
    UUID,
)
_days: Final = PreparedSet(lambda ids: PersonalDay.objects.filter(person__in=ids), UUID)


def roles_of(person: Person) -> list[Role]:
    """Roles in which the person may be told something."""
    return [Role(name) for name in get_roles(person)]


def get_preferences(person: Person) -> list[dict[str, Any]]:
    """Everything the person is ever told: what they chose, and what they could choose."""
    roles = roles_of(person)
    chosen = get_chosen([person.pk])
    if not get_given([person.pk]):
        chosen = {**chosen, (person.pk, Category.MARKETING, Channel.PUSH): Choice.OFF}
    memory.refresh()
    keys = sorted(
        {(category, channel) for role, category, channel in keys_sent() if role in roles}
    )
    return [preference_view(person.pk, roles, key, chosen) for key in keys]


def preference_view(
    person_id: UUID, roles: Collection[Role], key: tuple[Category, Channel], chosen: Chosen
) -> dict[str, Any]:
    """One category on one channel, as its person sees it."""
    category, channel = key
    offered = choices_for(roles, category, channel)
    stored = chosen.get((person_id, category, channel))
    return {
        "category": category,
        "channel": channel,
        "choice": stored if stored in offered else Choice.ON,
        "choices": sorted(offered),
    }


def get_chosen(person_ids: Collection[UUID]) -> Chosen:
    """Return every choice that these people made."""
    return {
        (person_id, category, channel): Choice(choice)
        for person_id, category, channel, choice in _chosen(list(person_ids))
    }


class Days(dict[UUID, PersonalDay]):
    """The days of those who said something; of anybody else a new one, on the usual clock."""

    def __missing__(self, person_id: UUID) -> PersonalDay:
        """Return what holds for somebody who said nothing."""
        return PersonalDay(person_id=person_id, time_zone=environment().time_zone)


def get_days(person_ids: Collection[UUID]) -> Days:
    """Return the day of each person; of those who said nothing, on the installation's clock."""
    return Days({row.person_id: row for row in _days(list(person_ids))})


def get_day(person_id: UUID) -> PersonalDay:
    """Return the person's day, or a new one on the installation's clock."""
    return get_days([person_id])[person_id]


def day_view(day: PersonalDay) -> dict[str, Any]:
    """Return the time zone and the quiet hours as `HH:MM`, null for none."""
    return {
        "time_zone": day.time_zone,
        "starts_at": day.quiet_starts_at and f"{day.quiet_starts_at:%H:%M}",
        "ends_at": day.quiet_ends_at and f"{day.quiet_ends_at:%H:%M}",
    }


def digest_view(day: PersonalDay) -> dict[str, Any]:
    """Return how often digests come, and the hour of the daily ones."""
    return {"every": day.digest_every, "hour": day.digest_hour}
