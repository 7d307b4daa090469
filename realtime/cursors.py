"""How far a client of `/api/v1/stream` has come, in all of its topics, as one text.

`1~o<id>.<seq>.<epoch>~...`: one part a topic, its id in 22 characters, so that twenty topics
stay near a kilobyte. Every character may stand in a URL, a header and a `data:` line as it is.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from core.errors import Invalid
from realtime.protocol import Position
from realtime.topics import Topic, TopicKind, parse_topic


TOPICS: Final = 20
"""Most topics of one stream."""
CURSOR_CHARACTERS: Final = 1280
"""Longest cursor: twenty topics with the longest epoch and sequence number."""
VERSION: Final = "1"

_KINDS: Final = {kind.value[0]: kind for kind in TopicKind}
_PART: Final = re.compile(r"([a-z])([A-Za-z0-9_-]{22})\.(\d{1,16})\.([A-Za-z0-9_-]{1,16})")


class BadCursor(Invalid):
    """The cursor is none of ours."""

    code = "bad_cursor"
    title = "Not a cursor of this stream; begin without one."


def topic_code(topic: Topic) -> str:
    """Shortest text of a topic inside a cursor."""
    return topic.kind.value[0] + urlsafe_b64encode(topic.id.bytes)[:-2].decode()


def write_cursor(parts: Iterable[tuple[str, int, str]]) -> str:
    """Join positions: `topic_code`, seq and epoch of each; of none, the cursor of nothing."""
    return "~".join((VERSION, *(f"{code}.{seq}.{epoch}" for code, seq, epoch in parts)))


def read_cursor(text: str) -> Mapping[str, Position]:
    """Position of each topic, by its name.

    :raises BadCursor: when it was not written by `write_cursor`.
    """
    if len(text) > CURSOR_CHARACTERS:
        raise BadCursor
    version, *parts = text.split("~")
    if version != VERSION or len(parts) > TOPICS:
        raise BadCursor
    return dict(map(_read_part, parts))


def _read_part(text: str) -> tuple[str, Position]:
    found = _PART.fullmatch(text)
    if found is None or found[1] not in _KINDS:
        raise BadCursor
    topic_id = UUID(bytes=urlsafe_b64decode(f"{found[2]}=="))
    name = str(Topic(_KINDS[found[1]], topic_id))
    return name, Position(epoch=found[4], seq=int(found[3]))


def codes_of(names: Iterable[str]) -> dict[str, str]:
    """`topic_code` of each named topic that has positions."""
    topics = [parse_topic(name) for name in names]
    return {str(topic): topic_code(topic) for topic in topics if topic.is_sequenced}
