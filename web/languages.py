"""The pages' words: one dictionary per language, and which of them a request reads."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.http import HttpRequest


LOCALES: Final = ("zh-CN", "en")
DEFAULT_LOCALE: Final = "zh-CN"
LOCALE_COOKIE: Final = "paidan_locale"
FOLDER: Final = Path(__file__).parent / "words"


@cache
def words_in(locale: str) -> dict[str, Any]:
    """Return every word of the pages in one of `LOCALES`, grouped by page."""
    words: dict[str, Any] = json.loads((FOLDER / f"{locale}.json").read_text(encoding="utf-8"))
    return words


def locale_of(request: HttpRequest) -> str:
    """Return the language of the address, of this device, of the person, else the default."""
    asked = (
        request.GET.get("locale"),
        request.COOKIES.get(LOCALE_COOKIE),
        getattr(request.user, "locale", None),
    )
    return next((each for each in asked if each in LOCALES), DEFAULT_LOCALE)
