"""The client: one document for all its screens; what it shows comes from the public API."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from web.pages import CONTENT_SECURITY_POLICY


BUILT: Final = Path(__file__).parent / "dist" / "build" / "h5"
DOCUMENT: Final = BUILT / "index.html"
UNBUILT: Final = "The screens are not built yet: run ./paidan setup.\n"


@lru_cache(maxsize=1)
def _document(built_at: int) -> bytes:  # noqa: ARG001  names the build
    return DOCUMENT.read_bytes()


@require_GET
def screens(request: HttpRequest, screen: str = "") -> HttpResponse:  # noqa: ARG001  the client's
    """Serve the client's document at the address of any of its screens."""
    try:
        response = HttpResponse(_document(DOCUMENT.stat().st_mtime_ns))
    except FileNotFoundError:
        return HttpResponse(UNBUILT, status=503, content_type="text/plain; charset=utf-8")
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Cache-Control"] = "no-cache"
    return response
