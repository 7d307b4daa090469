"""The short way of a command over HTTP: from the server's message to the gate and back.

Only what is usual is done here: a POST to a command with a bearer token and arguments of the
right shape. Whatever else comes (another method or path, a session's cookie, a token nobody has,
a body that is no JSON) is handed on to Django as it came, and answered there. So there is one
place that says how a request is refused, and what follows the gate is answered by the same
functions; `tests/api/test_command_edge.py` compares both ways to the letter.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from pydantic import ValidationError

from core.api.authentication import token_in
from core.api.commands import JSON, version_of
from core.api.middleware import PREFIX
from core.api.problems import Unauthenticated, handle_exception
from core.clock import now
from core.errors import PaidanError
from core.gate.registry import COMMANDS, Arguments, Call, CommandSpec
from core.gate.run import KEY_LENGTH, answer_command
from core.people.tokens import get_person_by_token
from core.statements import database


Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

ROOT: Final = f"{PREFIX}v1/"
DEVICE_LENGTH: Final = 64

_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NUMBER: Final = re.compile(rb"[0-9]{1,9}")
_QUOTED: Final = re.compile(rb'"[0-9]{1,9}"|[0-9]{1,9}')
_READ: Final = frozenset(
    {b"authorization", b"content-length", b"host", b"idempotency-key", b"if-match",
     b"paidan-device", b"paidan-expected-version", b"transfer-encoding"}
)  # fmt: skip
"""Headers that decide about a command; the others decide nothing."""
_BY_MIDDLEWARE: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
"""What Django's middleware adds to every answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command as it was asked for, before its body is read."""

    spec: CommandSpec
    path: str
    token: str
    subject_id: UUID | None
    key: str | None
    version: int | None
    device: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body."""

    status: int
    headers: Headers
    body: bytes


class CommandEdge:
    """The ASGI application in front of Django's: commands here, everything else behind."""

    def __init__(self, others: Application, *, executor: Executor) -> None:
        """Carry commands out on the threads of `executor`."""
        self._others, self._executor = others, executor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = _read(scope) if scope["method"] == "POST" else None
        if asked is None:
            await self._others(scope, receive, send)
            return
        message = await _whole(receive)
        if message["type"] == "http.request":
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._executor, _answer, asked, message["body"])
            if answer is not None:
                start = {"status": answer.status, "headers": answer.headers}
                await send({"type": "http.response.start", **start})
                await send({"type": "http.response.body", "body": answer.body})
                return
        await self._others(scope, _again(message, receive), send)


async def _whole(receive: Receive) -> Message:
    """Wait for the whole body; its length was announced and is bounded."""
    message = await receive()
    parts = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return {**message, "body": b"".join(parts)}


def _again(message: Message, receive: Receive) -> Receive:
    """Say once more what was received already."""
    waiting = [message]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _read(scope: Scope) -> Asked | None:
    """Return which command is asked for; nothing when that is for Django to say."""
    found = _route(scope["path"])
    if found is None or scope["query_string"] or scope.get("root_path"):
        return None
    headers = _headers(scope["headers"])
    if headers is None or not _is_usual(headers):
        return None
    spec, subject_id = found
    try:
        token = token_in(headers[b"authorization"].decode("latin1"))
        version = _version(headers)
    except PaidanError:
        return None
    return Asked(
        spec=spec,
        path=scope["path"],
        token=token,
        subject_id=subject_id,
        key=_text(headers, b"idempotency-key"),
        version=version,
        device=_text(headers, b"paidan-device"),
    )


def _route(path: str) -> tuple[CommandSpec, UUID | None] | None:
    if not path.startswith(ROOT):
        return None
    parts = path.removeprefix(ROOT).split("/")
    spec = _routes().get(tuple(parts))
    if spec is not None:
        return spec, None
    at = next((at for at, part in enumerate(parts) if _UUID.fullmatch(part)), None)
    if at is None:
        return None
    spec = _routes().get((*parts[:at], None, *parts[at + 1 :]))
    return None if spec is None else (spec, UUID(parts[at]))


@cache
def _routes() -> Mapping[tuple[str | None, ...], CommandSpec]:
    """Every command by the parts of its path, the subject's id left open."""
    subject = re.compile(r"\{\w+\}")
    return {
        tuple(None if subject.fullmatch(part) else part for part in spec.path[1:].split("/")): spec
        for spec in COMMANDS.values()
    }


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """Return the headers that are read, unless one of them was said twice."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            if name in found:
                return None
            found[name] = value
    return found


def _is_usual(headers: Mapping[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"")
    return (
        b"authorization" in headers
        and b"transfer-encoding" not in headers
        and _NUMBER.fullmatch(length) is not None
        and int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        and _is_ours(headers.get(b"host", b"").decode("latin1"))
        and 0 < len(headers.get(b"idempotency-key", b"-")) <= KEY_LENGTH
        and len(headers.get(b"paidan-device", b"")) <= DEVICE_LENGTH
    )


@lru_cache(maxsize=64)
def _is_ours(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _version(headers: Mapping[bytes, bytes]) -> int | None:
    """Return the version that was looked at.

    :raises PaidanError: when it is none, or two are named.
    """
    matched, expected = headers.get(b"if-match"), headers.get(b"paidan-expected-version")
    if expected is not None and (not _NUMBER.fullmatch(expected) or not int(expected)):
        raise PaidanError
    if matched is not None and not _QUOTED.fullmatch(matched):
        raise PaidanError
    return version_of(
        None if matched is None else matched.decode(), None if expected is None else int(expected)
    )


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin1")


def _answer(asked: Asked, body: bytes) -> Answer | None:
    """Carry the command out on this thread; nothing when Django is to say what is wrong."""
    moment, request_id = now(), uuid4().hex
    arguments = _arguments(asked.spec, body)
    if arguments is None:
        return None
    used = database()
    used.close_if_unusable_or_obsolete()
    try:
        text = _carry_out(asked, arguments, moment)
        status, headers, content = 200, [(b"content-type", JSON.encode())], text.encode()
    except Unauthenticated:
        return None
    except Exception as error:  # noqa: BLE001  answered as an operation's is
        response = handle_exception(error, path=asked.path, request_id=request_id)
        status, content = response.status_code, response.content
        headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    finally:
        used.close_if_unusable_or_obsolete()
    headers += [
        (b"x-frame-options", settings.X_FRAME_OPTIONS.encode()),
        (b"content-length", b"%d" % len(content)),
        *_BY_MIDDLEWARE,
        (b"paidan-time", moment.isoformat().encode()),
        (b"paidan-request", request_id.encode()),
    ]
    return Answer(status, headers, content)


def _arguments(spec: CommandSpec, body: bytes) -> Arguments | None:
    try:
        return spec.arguments.model_validate(json.loads(body) if body else {})
    except (ValidationError, ValueError, RecursionError):
        return None


def _carry_out(asked: Asked, arguments: Arguments, moment: datetime) -> str:
    person = get_person_by_token(asked.token, now=moment)
    if person is None:
        raise Unauthenticated
    call = Call(
        person=person,
        now=moment,
        subject_id=asked.subject_id,
        expected_version=asked.version,
        device=asked.device,
    )
    return answer_command(asked.spec, call, arguments, key=asked.key)
