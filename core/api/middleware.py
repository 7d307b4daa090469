"""Gives each request its moment and id, and makes the framework's own refusals problems too."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from core.api.problems import CONTENT_TYPE, problem_for_status, problem_response
from core.clock import now


PREFIX = "/api/"
LEAST_ERROR = 400

GetResponse = Callable[[HttpRequest], HttpResponseBase]
GetResponseAsync = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def moment_middleware(
    get_response: GetResponse | GetResponseAsync,
) -> GetResponse | GetResponseAsync:
    """Stand around all other middleware, so that their refusals pass here as well."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            _begin(request)
            return _finish(request, await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        _begin(request)
        response = get_response(request)
        assert isinstance(response, HttpResponseBase)  # noqa: S101  the sync branch
        return _finish(request, response)

    return answer


def _begin(request: HttpRequest) -> None:
    request.moment = now()  # type: ignore[attr-defined]
    request.request_id = uuid4().hex  # type: ignore[attr-defined]


def _finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if not request.path.startswith(PREFIX):
        return response
    if response.status_code >= LEAST_ERROR and response.get("Content-Type") != CONTENT_TYPE:
        response = _as_problem(request, response)
    response["Paidan-Time"] = request.moment.isoformat()  # type: ignore[attr-defined]
    response["Paidan-Request"] = request.request_id  # type: ignore[attr-defined]
    return response


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    request_id: str = request.request_id  # type: ignore[attr-defined]
    problem = problem_response(problem_for_status(response.status_code, request_id=request_id))
    if "Allow" in response:
        problem["Allow"] = response["Allow"]
    return problem
