"""Pages on what people are told: their settings, the end of campaigns, and every template."""

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.api.moments import moment_of
from notifications.marketing.consent import get_consents, withdraw_consent
from notifications.marketing.links import (
    ONE_CLICK,
    PAGE_PATH,
    BadUnsubscribeLink,
    Unsubscriber,
    read_link,
)
from notifications.preferences.queries import day_view, digest_view, get_day, get_preferences
from web.pages import PersonRequest, for_people, page


HOURS: Final = range(24)


@cache
def _zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone)


@for_people
def settings(request: PersonRequest) -> HttpResponse:
    """What somebody is told, when they are left in peace, and whose campaigns they want."""
    person = request.user
    day = get_day(person.pk)
    data = {"preferences": get_preferences(person), "consents": get_consents(person)}
    context = {
        "zones": sorted({*_zones(), day.time_zone}),
        "day": day_view(day),
        "digest": digest_view(day),
        "hours": HOURS,
    }
    return page(request, "settings.html", context=context, data=data)


# A mail program and a service worker have neither a cookie nor a token: the link is the right.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End campaigns for whoever holds the link; looking at the page ends nothing."""
    # The address is the secret here: neither an error's log nor the page may name it.
    request.path = request.path_info = PAGE_PATH
    try:
        link = read_link(token)
    except BadUnsubscribeLink:
        answer = page(request, "unsubscribe.html", context={"is_wrong": True}, status=404)
    else:
        is_done = request.method == "POST"
        if is_done:
            _end(request, link)
        answer = page(request, "unsubscribe.html", context={"is_done": is_done})
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _end(request: HttpRequest, link: Unsubscriber) -> None:
    name, value = ONE_CLICK
    withdraw_consent(
        person_id=link.person_id,
        scopes=None if "everywhere" in request.POST else [link.scope],
        how="one_click" if request.POST.get(name) == value else "link",
        now=moment_of(request),
    )
