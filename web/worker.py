"""The service worker: one script, told which files make the client of this build."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from web.app import BUILT, DOCUMENT


SCRIPT: Final = Path(__file__).parent / "static" / "web" / "js" / "service-worker.js"
ASSETS_URL: Final = "/static/app/"
COMPRESSED: Final = frozenset({".gz", ".br"})
"""Files that stand beside others, which are sent in their place."""
KEPT_BYTES: Final = 512 * 1024
"""What is larger is kept once somebody has needed it."""


@require_GET
def service_worker(_request: HttpRequest) -> HttpResponse:
    """Serve it from the root, so that its scope is the whole site.

    Its text changes with every build, which is how browsers learn of a new version.
    """
    built_at = DOCUMENT.stat().st_mtime_ns if DOCUMENT.exists() else 0
    response = HttpResponse(_script(built_at), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=1)
def _script(built_at: int) -> str:
    client = _client() if built_at else {"version": "", "files": []}
    return f"self.CLIENT = {json.dumps(client)};\n{SCRIPT.read_text(encoding='utf-8')}"


def _client() -> dict[str, object]:
    """Return the build's name, and the addresses of its files."""
    found = (path for path in BUILT.glob("assets/**/*") if path.is_file())
    files = sorted(path for path in found if path.suffix not in COMPRESSED)
    kept = [path for path in files if path.stat().st_size <= KEPT_BYTES]
    # Files under assets/ have their content's hash in their names.
    names = "\n".join(path.name for path in files).encode() + DOCUMENT.read_bytes()
    urls = [f"{ASSETS_URL}{path.relative_to(BUILT).as_posix()}" for path in kept]
    return {"version": hashlib.sha256(names).hexdigest()[:16], "files": urls}
