"""Gives each request its moment and id, and makes the framework's own refusals problems too."""

from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core.api.problems import (
    CONTENT_TYPE,
    LengthRequired,
    problem_for_status,
    problem_response,
)
from core.clock import now


PREFIX = "/api/"
LEAST_ERROR = 400

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class MomentMiddleware:
    """Stands around all other middleware, so that their refusals pass here as well."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep what answers."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        moment, request_id = now(), uuid4().hex
        request.moment = moment  # type: ignore[attr-defined]
        request.request_id = request_id  # type: ignore[attr-defined]
        if not request.path.startswith(PREFIX):
            return self._get_response(request)
        response = self._answer(request, request_id)
        response["Paidan-Time"] = moment.isoformat()
        response["Paidan-Request"] = request_id
        return response

    def _answer(self, request: HttpRequest, request_id: str) -> HttpResponseBase:
        # A body without a length would be read as empty by the handler behind us.
        if "Transfer-Encoding" in request.headers:
            return problem_response(LengthRequired())
        response = self._get_response(request)
        if response.status_code < LEAST_ERROR or response.get("Content-Type") == CONTENT_TYPE:
            return response
        problem = problem_response(problem_for_status(response.status_code, request_id=request_id))
        if "Allow" in response:
            problem["Allow"] = response["Allow"]
        return problem
