"""What a browser must fetch before it shows a screen, gzipped as the server sends it."""

import gzip
import re
from pathlib import Path
from typing import Final

import pytest

from tests.toolchain import SCREENS


BUILT: Final = SCREENS / "dist" / "build" / "h5"
MOST: Final = 200_000
"""Bytes for the document, the framework and one screen together."""
SMALL: Final = 1_000
"""Bytes that are sent as they are."""
NAMED: Final = re.compile(r"""(?:src|href)="/static/app/([^"]+\.(?:js|css))\"""")
IMPORTED: Final = re.compile(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
STYLED: Final = re.compile(r"""["']?\./([\w.-]+\.css)["']?""")


def screens() -> list[str]:
    """Return the pages' chunks, as `board-index`."""
    return sorted(path.name.split(".")[0] for path in (BUILT / "assets").glob("*-index.*.js"))


def weigh(paths: set[Path]) -> dict[str, int]:
    return {path.name: len(gzip.compress(path.read_bytes())) for path in sorted(paths)}


def shown(weights: dict[str, int]) -> str:
    lines = [f"{size:>8} {name}" for name, size in sorted(weights.items(), key=lambda x: -x[1])]
    return "\n".join([f"{sum(weights.values())} bytes of at most {MOST}:", *lines])


def with_imports(path: Path) -> set[Path]:
    """Return a script and all that it imports before it can run."""
    found, waiting = set[Path](), [path]
    while waiting:
        script = waiting.pop()
        if script not in found:
            found.add(script)
            waiting += [script.parent / name for name in IMPORTED.findall(script.read_text())]
    return found


def of_document() -> set[Path]:
    """Return what the document names, with its imports."""
    named = [BUILT / name for name in NAMED.findall((BUILT / "index.html").read_text())]
    scripts = [path for path in named if path.suffix == ".js"]
    return {*named, *(each for script in scripts for each in with_imports(script))}


class TestWeight:
    def test_of_what_every_screen_needs(self) -> None:
        weights = weigh(of_document())
        assert weights, "the screens are not built: ./paidan setup"
        assert sum(weights.values()) <= MOST, shown(weights)

    @pytest.mark.parametrize("screen", screens())
    def test_of_each_screen_with_all_it_imports(self, screen: str) -> None:
        chunk = next((BUILT / "assets").glob(f"{screen}.*.js"))
        styles = set((BUILT / "assets").glob(f"{screen}-*.css"))
        weights = weigh(of_document() | with_imports(chunk) | styles)
        assert sum(weights.values()) <= MOST, shown(weights)

    def test_is_sent_packed(self) -> None:
        needed = {path for screen in screens() for path in _first(screen)} | of_document()
        large = [path for path in needed if path.stat().st_size > SMALL]
        assert large
        for path in large:
            packed = path.with_name(f"{path.name}.gz").read_bytes()
            assert gzip.decompress(packed) == path.read_bytes(), path.name

    def test_leaves_the_map_to_those_who_look_at_it(self) -> None:
        needed = {path for screen in screens() for path in _first(screen)}
        assert not [path.name for path in needed if "leaflet" in path.name]


def _first(screen: str) -> set[Path]:
    return with_imports(next((BUILT / "assets").glob(f"{screen}.*.js")))
