"""What every request carries: the one moment at which it happens, and its id."""

from datetime import datetime

from django.http import HttpRequest

from core.people.models import Person


class ApiRequest(HttpRequest):
    """A request as the API's operations see it."""

    auth: Person
    moment: datetime
    """Business time, read once when the request came in."""
    request_id: str


def moment_of(request: HttpRequest) -> datetime:
    """Return the request's one reading of the business clock."""
    moment: datetime = request.moment  # type: ignore[attr-defined]
    return moment
