"""Every refusal as one RFC 9457 problem document with a stable `code`."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from core.errors import NotAllowed, NotFound, PaidanError
from core.events.streams import encode
from core.gate.run import ValidationFailed


log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1


class Unauthenticated(PaidanError):
    """No token, a wrong one, or a session that has ended."""

    code = "unauthenticated"
    title = "Send a valid token or log in."
    status = 401


class CsrfFailed(NotAllowed):
    """A session cookie came without the CSRF token that belongs to it."""

    code = "csrf_failed"
    title = "The CSRF token is missing or wrong."


class MalformedBody(PaidanError):
    """The body is not JSON."""

    code = "malformed_body"
    title = "The body is not valid JSON."


class BodyTooLarge(PaidanError):
    """The body is longer than the API reads."""

    code = "body_too_large"
    title = "The body is too large."
    status = 413


class LengthRequired(PaidanError):
    """The body came in chunks of unknown total length."""

    code = "length_required"
    title = "Send the body with a Content-Length."
    status = 411


class MethodNotAllowed(PaidanError):
    """The resource exists, the method does not."""

    code = "method_not_allowed"
    title = "This resource does not know that method."
    status = 405


class DatabaseUnavailable(PaidanError):
    """The database cannot be reached; nothing was done."""

    code = "database_unavailable"
    title = "The database is away; nothing was changed. Try again."
    status = 503
    retryable = True


class InternalError(PaidanError):
    """A fault of ours; the log has it under the request's id."""

    code = "internal_error"
    title = "Something went wrong on our side."
    status = 500
    retryable = True


BY_STATUS: Mapping[int, type[PaidanError]] = {
    400: MalformedBody,
    401: Unauthenticated,
    403: NotAllowed,
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    503: DatabaseUnavailable,
}


MEANINGS: Mapping[type[Exception], type[PaidanError]] = {
    Http404: NotFound,
    RequestDataTooBig: BodyTooLarge,
    UnreadablePostError: MalformedBody,
    OperationalError: DatabaseUnavailable,
    InterfaceError: DatabaseUnavailable,
}


def problem_response(error: PaidanError) -> HttpResponse:
    """Return the problem document of `error` with the headers its status calls for."""
    response = HttpResponse(
        encode(error.problem()), status=error.status, content_type=CONTENT_TYPE
    )
    if error.status == Unauthenticated.status:
        response["WWW-Authenticate"] = 'Bearer realm="paidan"'
    if error.status == DatabaseUnavailable.status:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def problem_for_status(status: int, *, request_id: str) -> PaidanError:
    """Return the error that stands for a bare `status` of the framework."""
    kind = BY_STATUS.get(status)
    if kind is not None:
        return kind()
    return InternalError(request_id=request_id)


def problem_for(error: Exception | type[Exception]) -> PaidanError | None:
    """Return the refusal that an exception of library or framework means, if it means one."""
    if isinstance(error, PaidanError):
        return error
    if isinstance(error, ValidationError):
        return ValidationFailed(errors=list(_without_input(error.errors)))
    if isinstance(error, HttpError):
        return problem_for_status(error.status_code, request_id="")
    for kind, problem in MEANINGS.items():
        if isinstance(error, kind):
            return problem()
    return None


def handle_exception(
    error: Exception | type[Exception], *, path: str, request_id: str
) -> HttpResponse:
    """Turn whatever an operation raised into a problem; log what nobody expected."""
    problem = problem_for(error)
    if problem is None:
        log.error("api.failed", request_id=request_id, path=path, exc_info=error)
        problem = InternalError(request_id=request_id)
    elif isinstance(problem, DatabaseUnavailable):
        log.warning("api.database_unavailable", path=path, error=str(error))
    return problem_response(problem)


def _handle(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    request_id = getattr(request, "request_id", "")
    return handle_exception(error, path=request.path, request_id=request_id)


def install(api: NinjaAPI) -> None:
    """Make `api` answer every exception with a problem."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, _handle)


def _without_input(errors: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """Keep where and what; drop what was sent, which may be secret."""
    for each in errors:
        yield {name: each[name] for name in ("loc", "msg", "type") if name in each}
