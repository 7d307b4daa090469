"""The demonstration's own API, for its wall alone: who is where, and a log-in for every pane."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from core.clock import now
from core.environment import environment
from core.people.models import Person
from core.people.queries import person_view
from core.people.tokens import issue_token
from web.demo import city
from web.demo.mark import MARK
from web.demo.phones import get_messages
from web.demo.scene import get_scene
from web.demo.tunnel import tunnel


View = Callable[..., HttpResponse]

CONTROL_SECONDS: Final = 10.0


@require_GET
def demo(_request: HttpRequest) -> HttpResponse:
    """Send the visitor to the wall, a screen of the client."""
    return redirect("/app/demo/index")


def of_wall(view: View) -> View:
    """Answer the wall on this machine only, and no other site that a browser has open."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if MARK not in request.headers:
            return JsonResponse({"code": "not_the_wall"}, status=403)
        return view(request, *args, **kwargs)

    return guarded


@of_wall
@require_GET
def scene(request: HttpRequest) -> HttpResponse:
    """Who sits at which pane now; `order` names the one that is being watched."""
    return JsonResponse(get_scene(_id(request.GET.get("order", ""))))


@of_wall
@require_GET
def phones(_request: HttpRequest) -> HttpResponse:
    """What the simulated phones have shown last."""
    try:
        return JsonResponse({"messages": get_messages()})
    except OSError:
        return JsonResponse({"code": "sandbox_unreachable"}, status=503)


@of_wall
@require_POST
def sessions(request: HttpRequest) -> HttpResponse:
    """Log a pane in as somebody of the city, without a password."""
    person_id = _id(str(_body(request).get("person", "")))
    person = get_object_or_404(Person, pk=person_id, phone__in=city.all_phones())
    token = issue_token(person=person, label="wall", now=now())
    return JsonResponse({"token": token, "person": person_view(person)})


@of_wall
def cut(request: HttpRequest) -> HttpResponse:
    """Cut a pane off the network for some seconds, or say how the last cut stands."""
    if request.method == "POST":
        wish = _body(request)
        tunnel.begin(str(wish.get("pane", "")), seconds=float(wish.get("seconds", 0)))
    return JsonResponse(tunnel.cut.view())


@of_wall
def control(request: HttpRequest, path: str) -> HttpResponse:
    """Pass it on to the program that plays the city."""
    query = request.META.get("QUERY_STRING", "")
    url = f"{environment().demo_control}/{path}{f'?{query}' if query else ''}"
    body = request.body or b"{}" if request.method == "POST" else None
    asked = Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310  our own
    try:
        with urlopen(asked, timeout=CONTROL_SECONDS) as answer:  # noqa: S310
            return HttpResponse(answer.read(), content_type="application/json")
    except HTTPError as refusal:
        return JsonResponse({"code": "refused"}, status=refusal.code)
    except (OSError, ValueError):
        return JsonResponse({"code": "city_unreachable"}, status=503)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
