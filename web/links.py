"""Links that anybody may hold: a shared order, and the end of campaigns. Each is a secret.

The client gets the secret behind `#`, which browsers send to no server.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from core.api.moments import moment_of
from notifications.marketing.consent import withdraw_consent
from notifications.marketing.links import (
    ONE_CLICK,
    BadUnsubscribeLink,
    Unsubscriber,
    read_link,
)
from notifications.marketing.links import PAGE_PATH as UNSUBSCRIBE_PATH
from realtime.shares import PAGE_PATH as SHARE_PATH
from web.app import SCREENS


GONE: Final = 404


@require_safe
def share(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to the tracking of the link's order, or to the word that it has ended."""
    request.path = request.path_info = SHARE_PATH  # an error's log may not name the secret
    return _kept_secret(HttpResponseRedirect(f"{SCREENS}share/index#{token}"))


# A mail program and a service worker have neither a cookie nor a token: the link is the right.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End campaigns for whoever holds the link; looking at it ends nothing."""
    request.path = request.path_info = UNSUBSCRIBE_PATH
    ends = request.method == "POST"
    try:
        link = read_link(token)
    except BadUnsubscribeLink:
        return _kept_secret(HttpResponse(status=GONE) if ends else _to_screen(""))
    if ends:
        _end(request, link)
    return _kept_secret(HttpResponse() if ends else _to_screen(f"#{token}"))


def _to_screen(secret: str) -> HttpResponse:
    return HttpResponseRedirect(f"{SCREENS}unsubscribe/index{secret}")


def _kept_secret(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    answer["Cache-Control"] = "no-store"
    return answer


def _end(request: HttpRequest, link: Unsubscriber) -> None:
    name, value = ONE_CLICK
    withdraw_consent(
        person_id=link.person_id,
        scopes=None if "everywhere" in request.POST else [link.scope],
        how="one_click" if request.POST.get(name) == value else "link",
        now=moment_of(request),
    )
