"""Lets somebody in over HTTP: the same tickets, cookies and topics as on the socket."""

from collections.abc import Iterable

from django.conf import settings

from core import clock
from core.api.authentication import SCHEME
from core.api.problems import Unauthenticated
from core.errors import NotFound
from realtime.authorisation import may_stream_with_cookie
from realtime.door import get_visitor_by_session, get_visitor_by_token, is_open_to
from realtime.requests import read_visitors
from realtime.streaming.requests import Credentials, Headers, StreamRequest
from realtime.topics import Topic
from realtime.visitors import Visitor


def let_in(request: StreamRequest) -> Visitor:
    """Return who asks, once every topic has proved to be open to them.

    :raises Unauthenticated: when nobody can be told from what came along.
    :raises NotFound: when a topic does not exist or is not theirs.
    """
    visitor = _find(request.credentials)
    if visitor is None:
        raise Unauthenticated
    _check(visitor, request.topics)
    return visitor


def _check(visitor: Visitor, topics: Iterable[Topic]) -> None:
    for topic in topics:
        if not is_open_to(visitor, topic):
            raise NotFound(topic=str(topic))


def _find(credentials: Credentials) -> Visitor | None:
    """What is presented must be right; the next kind is looked at only where it is absent."""
    if credentials.ticket is not None:
        return read_visitors([credentials.ticket]).get(credentials.ticket)
    header = credentials.headers.get(b"authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        is_bearer = scheme.lower() == SCHEME
        return get_visitor_by_token(token.strip(), now=clock.now()) if is_bearer else None
    cookies = credentials.headers.get(b"cookie", "")
    if settings.SESSION_COOKIE_NAME in cookies and _is_ours(credentials.headers):
        return get_visitor_by_session(cookies)
    return None


def _is_ours(headers: Headers) -> bool:
    return may_stream_with_cookie(
        headers.get(b"origin"),
        headers.get(b"host"),
        headers.get(b"sec-fetch-site"),
        settings.CSRF_TRUSTED_ORIGINS,
    )
