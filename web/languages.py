"""The screens' words: one dictionary per language."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final


LOCALES: Final = ("zh-CN", "en")
FOLDER: Final = Path(__file__).parent / "words"


@cache
def words_in(locale: str) -> dict[str, Any]:
    """Return every word of the screens in one of `LOCALES`, grouped by screen."""
    words: dict[str, Any] = json.loads((FOLDER / f"{locale}.json").read_text(encoding="utf-8"))
    return words
