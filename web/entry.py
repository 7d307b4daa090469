"""Coming in and going out: log-in, log-out, language, and what stands at no address."""

from typing import Final

from django.contrib.auth import authenticate, login, logout
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.people.phones import e164
from web.languages import LOCALE_COOKIE, LOCALES
from web.pages import page


YEAR_SECONDS: Final = 365 * 24 * 3600


@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for number and password; a number without a country is taken as a Chinese one."""
    target = _safe_target(request, request.POST.get("next") or request.GET.get("next"))
    if request.method == "GET":
        return page(request, "login.html", context={"next": target})
    phone = request.POST.get("phone", "")
    person = authenticate(
        request, username=_number(phone), password=request.POST.get("password", "")
    )
    if person is None:
        wrong = {"next": target, "phone": phone, "is_wrong": True}
        return page(request, "login.html", context=wrong, status=401)
    login(request, person)
    return redirect(target)


def _number(typed: str) -> str:
    try:
        return e164(typed)
    except ValueError:
        return ""  # nobody's


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


@require_GET
def service_worker(_request: HttpRequest) -> FileResponse:
    """Serve the service worker from the root, so that its scope is the whole site."""
    from django.contrib.staticfiles.finders import find  # noqa: PLC0415

    path = find("web/js/service-worker.js")
    response = FileResponse(open(str(path), "rb"), content_type="text/javascript; charset=utf-8")  # noqa: PTH123, SIM115
    response["Cache-Control"] = "no-cache"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Say that nothing stands here, or that it is not yours."""
    return page(request, "not_found.html", status=404)


def _safe_target(request: HttpRequest, target: str | None) -> str:
    """Where to go next: only to a path of our own."""
    if target and url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return target
    return "/"
