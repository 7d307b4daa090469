"""How devices are doing that have no socket to say it on: told over HTTP, to any process.

The process that has the stream need not be the one that was asked, so all of them hear it on the
bus. A message that is lost there is made up for by the answer to the next ping.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from core.bell import bell
from core.events.streams import shard_group
from core.people.models import Person
from realtime.presence import Follower, Presence
from realtime.protocol import Health, StreamHealth


MEMBER: Final = "health"
"""Member of the bus's messages that carries it."""


def pass_on(person: Person, told: StreamHealth) -> None:
    """Let the process know that has the person's stream."""
    health = told.model_dump(exclude={"conn"}, exclude_none=True)
    message = {"person": str(person.pk), "conn": str(told.conn), "health": health}
    bell.ring(shard_group("hub"), {MEMBER: [message]})


def overhear(
    presence: Presence, people: Mapping[str, Iterable[Follower]], message: Mapping[str, Any]
) -> None:
    """Note what was told of streams that this process has."""
    for told in message.get(MEMBER, ()):
        conn = UUID(told["conn"])
        for follower in people.get(told["person"], ()):
            if follower.id == conn:
                presence.heard(follower, Health.model_validate(told["health"]))
