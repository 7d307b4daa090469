"""One POST endpoint per registered command, typed and documented from its registration."""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from django.http import HttpResponse
from ninja import Router
from ninja.params.functions import Body, Header, Path
from pydantic import StringConstraints

from core.api.moments import ApiRequest
from core.errors import Invalid
from core.gate.registry import COMMANDS, Call, CommandSpec
from core.gate.run import KEY_LENGTH, answer_command


IdempotencyKey = Annotated[
    str | None,
    Header(
        None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_LENGTH,
        description="The same key with the same body is answered again, not carried out again.",
    ),
]
IfMatch = Annotated[
    Annotated[str, StringConstraints(pattern=r'^(?:"\d{1,9}"|\d{1,9})$')] | None,
    Header(
        None,
        alias="If-Match",
        description='Version you looked at, as `"7"`; another one now is answered with 409.',
    ),
]
ExpectedVersion = Annotated[
    int | None,
    Header(
        None,
        alias="Paidan-Expected-Version",
        ge=1,
        le=10**9,
        description="The same as `If-Match`, for clients that cannot send that.",
    ),
]
Device = Annotated[
    str | None,
    Header(
        None,
        alias="Paidan-Device",
        max_length=64,
        description="Which of the person's devices acts; named in events.",
    ),
]
HEADERS: dict[str, Any] = {
    "idempotency_key": IdempotencyKey,
    "if_match": IfMatch,
    "expected_version": ExpectedVersion,
    "device": Device,
}

Endpoint = Callable[..., HttpResponse]

JSON: Final = "application/json; charset=utf-8"


class VersionsDiffer(Invalid):
    """Two headers name two versions."""

    code = "versions_differ"
    title = "If-Match and Paidan-Expected-Version contradict each other."


def command_router(others: Sequence[Router]) -> Router:
    """Return a router with an endpoint for each command registered so far.

    A path that one of `others` already reads gets its command there, since the first router that
    knows a path answers for all its methods.
    """
    own = Router()
    for spec in sorted(COMMANDS.values(), key=lambda spec: spec.name):
        path = http_path(spec)
        known = path.replace("{uuid:", "{uuidstr:")  # as the routers keep it
        router = next((other for other in others if known in other.path_operations), own)
        router.post(
            path,
            operation_id=spec.name.replace(".", "_"),
            summary=spec.summary,
            description=(inspect.getdoc(spec.handler) or spec.summary),
            tags=[f"{spec.name.partition('.')[0]} commands"],
        )(_endpoint(spec))
    return own


def http_path(spec: CommandSpec) -> str:
    """Path with a converter for the subject, so that a malformed id is simply not found."""
    if spec.subject is None:
        return spec.path
    return spec.path.replace(f"{{{spec.subject}}}", f"{{uuid:{spec.subject}}}")


def _endpoint(spec: CommandSpec) -> Endpoint:
    def endpoint(request: ApiRequest, **values: Any) -> HttpResponse:
        subject_id = values[spec.subject] if spec.subject else None
        call = Call(
            person=request.auth,
            now=request.moment,
            subject_id=subject_id,
            expected_version=version_of(values["if_match"], values["expected_version"]),
            device=values["device"],
        )
        answer = answer_command(spec, call, values["arguments"], key=values["idempotency_key"])
        return HttpResponse(answer, content_type=JSON)

    endpoint.__name__ = spec.name.replace(".", "_")
    endpoint.__signature__ = _signature(spec)  # type: ignore[attr-defined]
    return endpoint


def _signature(spec: CommandSpec) -> inspect.Signature:
    """Describe the endpoint's parameters in the way the router reads them."""
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    if spec.subject:
        parameters.append(
            inspect.Parameter(spec.subject, kind, annotation=Annotated[UUID, Path(...)])
        )
    needed = any(field.is_required() for field in spec.arguments.model_fields.values())
    parameters.append(
        inspect.Parameter(
            "arguments",
            kind,
            annotation=Annotated[spec.arguments, Body(... if needed else spec.arguments())],
        )
    )
    parameters.extend(
        inspect.Parameter(name, kind, annotation=annotation)
        for name, annotation in HEADERS.items()
    )
    return inspect.Signature(parameters)


def version_of(if_match: str | None, expected_version: int | None) -> int | None:
    """Return the version that was looked at, which two headers can say.

    :raises VersionsDiffer: when they name two.
    """
    matched = int(if_match.strip('"')) if if_match is not None else None
    if matched is not None and expected_version is not None and matched != expected_version:
        raise VersionsDiffer
    return matched if matched is not None else expected_version
