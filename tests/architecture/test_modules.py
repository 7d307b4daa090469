"""Modules are short and say what they are for."""

import ast
from pathlib import Path

from tests.architecture.source import APPS, ROOT, parse, python_files, repository_files


MOST_LINES = 400
BUILT = Path("web/static/web/realtime.js")
"""Put together from sources that are short, which a test proves."""
CODE_SUFFIXES = {".css", ".js", ".mjs", ".py", ".ts", ".vue"}


class TestModules:
    def test_none_is_longer_than_four_hundred_lines(self) -> None:
        long = [
            path
            for path in repository_files()
            if path.suffix in CODE_SUFFIXES
            and "migrations" not in path.parts
            and path != BUILT
            and len((ROOT / path).read_text().splitlines()) > MOST_LINES
        ]
        assert not long

    def test_each_opens_with_its_responsibility(self) -> None:
        silent = [
            path
            for path in python_files(*APPS, "tests", "loadtests")
            if parse(path).body and not ast.get_docstring(parse(path))
        ]
        assert not silent
