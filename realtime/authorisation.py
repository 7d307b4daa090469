"""Who may join a topic, and which pages may use a session cookie: rules without I/O."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import urlsplit
from uuid import UUID

from realtime.topics import Topic, TopicKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of somebody with regard to one topic."""

    person_id: UUID | None
    """None: a guest."""
    is_operator: bool = False
    is_courier: bool = False
    is_staff: bool = False
    """Works for the merchant the topic names."""
    roles_in_order: frozenset[str] = frozenset()
    """How they take part in the order the topic names; a courier only while the leg is active."""
    shared_order_id: UUID | None = None
    """The order a guest's share link is of."""


def may_join(topic: Topic, standing: Standing) -> bool:
    """Decide whether they may listen to `topic`."""
    is_self = topic.id == standing.person_id
    match topic.kind:
        case TopicKind.MERCHANT:
            return standing.is_operator or standing.is_staff
        case TopicKind.ORDER:
            is_shared = topic.id == standing.shared_order_id
            return standing.is_operator or is_shared or bool(standing.roles_in_order)
        case TopicKind.COURIER:
            return standing.is_operator or (is_self and standing.is_courier)
        case TopicKind.USER:
            return is_self
        case TopicKind.ZONE:
            return standing.is_operator
    assert_never(topic.kind)


def may_use_cookie(origin: str | None, host: str | None, trusted: Collection[str]) -> bool:
    """Whether a page at `origin` may connect with the browser's session cookie.

    Browsers send cookies with sockets that any page opens, so the page must be our own: the same
    host as the `Host` header, or one of `trusted` (as in `CSRF_TRUSTED_ORIGINS`).
    """
    if not origin:
        return False
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return False
    return parts.netloc == host or any(_matches(origin, pattern) for pattern in trusted)


def may_stream_with_cookie(
    origin: str | None, host: str | None, fetch_site: str | None, trusted: Collection[str]
) -> bool:
    """Whether whoever sent a GET may read a stream with the browser's session cookie.

    Browsers name the `Origin` of a GET only when it is a foreign one, which they let read nothing
    besides; `Sec-Fetch-Site` tells of foreign pages that do not want to read.
    """
    if origin:
        return may_use_cookie(origin, host, trusted)
    return fetch_site in {None, "same-origin", "none"}


def _matches(origin: str, pattern: str) -> bool:
    if "://*." not in pattern:
        return origin == pattern
    scheme, _, parent = pattern.partition("://*")
    found, _, host = origin.partition("://")
    return found == scheme and host.endswith(parent)
