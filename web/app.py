"""The client: one document for all its screens; what it shows comes from the public API."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


BUILT: Final = Path(__file__).parent / "dist" / "build" / "h5"
DOCUMENT: Final = BUILT / "index.html"
SCREENS: Final = "/app/"
# Sockets are named too: older browsers do not count them as 'self'.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)
UNBUILT: Final = "The screens are not built yet: run ./paidan setup.\n"


@lru_cache(maxsize=1)
def _document(built_at: int) -> bytes:  # noqa: ARG001  names the build
    return DOCUMENT.read_bytes()


@require_safe
def screens(request: HttpRequest, screen: str = "") -> HttpResponse:  # noqa: ARG001  the client's
    """Serve the client's document at the address of any of its screens."""
    return document()


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Say that nothing stands here, or that it is not yours: the client draws it."""
    return document(status=404)


def document(status: int = 200) -> HttpResponse:
    """Return the client's document; it shows what its address says."""
    try:
        response = HttpResponse(_document(DOCUMENT.stat().st_mtime_ns), status=status)
    except FileNotFoundError:
        return HttpResponse(UNBUILT, status=503, content_type="text/plain; charset=utf-8")
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Cache-Control"] = "no-cache"
    return response
