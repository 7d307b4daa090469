"""Going out, the language of pages, and what stands at no address."""

from typing import Final

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from web.app import document
from web.languages import LOCALE_COOKIE, LOCALES


YEAR_SECONDS: Final = 365 * 24 * 3600


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("web:login")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language on this device and go back."""
    response = HttpResponseRedirect(_safe_target(request, request.POST.get("next")))
    locale = request.POST.get("locale", "")
    if locale in LOCALES:
        response.set_cookie(LOCALE_COOKIE, locale, max_age=YEAR_SECONDS, samesite="Lax")
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Say that nothing stands here, or that it is not yours: the client draws it."""
    return document(status=404)


def _safe_target(request: HttpRequest, target: str | None) -> str:
    """Where to go next: only to a path of our own."""
    if target and url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return target
    return "/"
