"""Every screen speaks both languages completely, and says no word that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from web.languages import LOCALES, words_in


WEB = Path(__file__).parents[2] / "web"
SOURCES = ("src/**/*.ts", "src/**/*.vue")
# `t("group.name"`, `word("group"`; not what is put together, as `t(`group.${...}`)`.
IN_SCRIPTS = re.compile(r"""\bt\(\s*(?:\w+ \? )?["`]([a-z_]+\.[a-z_]+)["`]""")
GROUPS = re.compile(r'word\("([a-z_]+)"')


def _paths(words: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in words.items():
        if isinstance(value, dict):
            yield from _paths(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def _text(*patterns: str) -> str:
    files = [path for pattern in patterns for path in sorted(WEB.glob(pattern))]
    return "\n".join(path.read_text() for path in files)


class TestLanguages:
    def test_have_the_same_words(self) -> None:
        first, *others = [set(_paths(words_in(locale))) for locale in LOCALES]
        assert all(other == first for other in others)

    def test_leave_no_word_empty(self) -> None:
        for locale in LOCALES:
            assert all(_value(words_in(locale), path) for path in _paths(words_in(locale)))

    def test_take_the_same_values(self) -> None:
        chinese, english = (words_in(locale) for locale in LOCALES)
        for path in _paths(chinese):
            assert _values(chinese, path) == _values(english, path), path


class TestScreens:
    def test_use_only_words_that_exist(self) -> None:
        known = set(_paths(words_in("en")))
        used = {
            path for path in IN_SCRIPTS.findall(_text(*SOURCES)) if not path.endswith((".", "_"))
        }
        assert used
        assert not used - known

    def test_use_only_groups_that_exist(self) -> None:
        used = set(GROUPS.findall(_text(*SOURCES)))
        assert used
        assert used <= words_in("en").keys()


def _value(words: dict[str, Any], path: str) -> str:
    group, _, name = path.partition(".")
    return str(words[group][name] if name else words[group])


def _values(words: dict[str, Any], path: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", _value(words, path)))
