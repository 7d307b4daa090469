"""Addresses that notices, pushes and people carry, and the client's screens that answer them."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe


@require_safe
def to_screen(request: HttpRequest, screen: str, **named: object) -> HttpResponse:
    """Lead to a screen with what the address names and what its query says."""
    query = urlencode({**request.GET.dict(), **named})
    return redirect(f"/app/{screen}?{query}" if query else f"/app/{screen}")
