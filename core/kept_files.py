"""Small files of an installation's own, whole or not there: the keys that it made at its start."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


def kept(file: Path, make: Callable[[], str]) -> str:
    """Return what `file` holds; what `make` returns where nobody has kept anything yet.

    Of several threads and processes that are first, all return the same.
    """
    if not file.exists():
        fresh = _beside(file, make())
        with suppress(FileExistsError):
            os.link(fresh, file)  # whole or not at all, and the first one wins
        fresh.unlink()
    return file.read_text()


def keep(file: Path, text: str) -> None:
    """Put `text` in place of what `file` holds; a kill leaves the one or the other."""
    _beside(file, text).replace(file)


def _beside(file: Path, text: str) -> Path:
    """Write a file that only its owner may read, under a name that nobody else has."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = mkstemp(prefix=f"{file.name}.", dir=file.parent)
    with os.fdopen(handle, "w") as open_file:
        open_file.write(text)
    return Path(fresh)
