"""How every page is answered: its words, its data for the scripts, its headers."""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render

from core.clock import clock
from core.errors import NotFound
from core.people.models import Person
from dispatch.travel.selection import travel
from web.languages import LOCALES, locale_of, words_in


P = ParamSpec("P")

# Sockets are named too: older browsers do not count them as 'self'.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)


class PersonRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: Person


PersonView = Callable[Concatenate[PersonRequest, P], HttpResponse]


def page(
    request: HttpRequest,
    template: str,
    *,
    context: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    status: int = 200,
    unsaid: Collection[str] = (),
) -> HttpResponse:
    """Render `template` with its words but groups `unsaid`; `data` is what its script reads."""
    locale = locale_of(request)
    values = {
        **(context or {}),
        "t": {group: words for group, words in words_in(locale).items() if group not in unsaid},
        "locale": locale,
        "other_locale": next(each for each in LOCALES if each != locale),
        "clock_speed": clock().speed,
        "csrf": get_token(request),
        "data": {"attribution": travel().attribution, **(data or {})},
    }
    response = render(request, f"web/{template}", values, status=status)
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Cache-Control"] = "no-store"
    return response


def for_people(view: PersonView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only people who are logged in see the page; what is not theirs does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(cast("PersonRequest", request), *args, **kwargs)
        except NotFound as error:
            raise Http404 from error

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", login_required(guarded))
