"""Whether this process lives, and whether it can serve."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from core.leaving import leaving


def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  a view
    """Answer as long as the process can."""
    return JsonResponse({"status": "live"})


def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  a view
    """Ask the database for nothing; 503 when it does not answer, or when this process leaves."""
    if leaving.has_begun:
        return JsonResponse({"status": "leaving"}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse(
            {"status": "waiting", "for": "database"}, status=503, headers={"Retry-After": "1"}
        )
    return JsonResponse({"status": "ready"})
