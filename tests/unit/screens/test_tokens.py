"""The colours of the design hold their contrast in both schemes, and the page of docs/ says so."""

import re
from itertools import product
from typing import Final

import pytest

from core.environment import ROOT


TOKENS: Final = (ROOT / "web/src/design/tokens.css").read_text()
DOCUMENT: Final = (ROOT / "docs/design.md").read_text()
SCHEMES: Final = ("light", "dark")
DARK: Final = "@media (prefers-color-scheme: dark)"
COLOUR: Final = re.compile(r"--([\w-]+):\s*#([0-9a-f]{6})\b")
GROUNDS: Final = ("paper", "surface", "sunk")
INKS: Final = ("ink", "muted", "accent", "warn", "alert", "info")
# Words on a filled or tinted ground.
TINTED: Final = (
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("accent-strong", "accent-soft"),
    ("ink", "accent-soft"),
    ("warn", "warn-soft"),
    ("alert-ink", "alert"),
    ("alert", "alert-soft"),
    ("ink", "alert-soft"),
    ("info", "info-soft"),
    ("paper", "ink"),
)
TEXT: Final = [*product(INKS, GROUNDS), *TINTED]
# What is drawn, not written: edges of what one can act on, rings, marks.
DRAWN: Final = [*product(("edge", "info", "accent", "alert"), GROUNDS)]


def colours(scheme: str) -> dict[str, str]:
    """Return the colours of one scheme by token."""
    light, _, dark = TOKENS.partition(DARK)
    found = dict(COLOUR.findall(light))
    return found | dict(COLOUR.findall(dark)) if scheme == "dark" else found


def luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(scheme: str, one: str, other: str) -> float:
    found = colours(scheme)
    dark, light = sorted((luminance(found[one]), luminance(found[other])))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
class TestContrast:
    @pytest.mark.parametrize(("ink", "ground"), TEXT)
    def test_of_words_is_at_least_four_and_a_half(
        self, scheme: str, ink: str, ground: str
    ) -> None:
        assert contrast(scheme, ink, ground) >= 4.5

    @pytest.mark.parametrize(("mark", "ground"), DRAWN)
    def test_of_what_is_drawn_is_at_least_three(self, scheme: str, mark: str, ground: str) -> None:
        assert contrast(scheme, mark, ground) >= 3

    def test_is_measured_for_every_colour_with_words_on_it(self, scheme: str) -> None:
        measured = {name for pair in [*TEXT, *DRAWN] for name in pair}
        # The map's own grounds and hairlines bear no words.
        plain = {"line", "land", "water", "park"}
        others = {name for name in colours(scheme) if not name.startswith("road")}
        assert others == measured | plain


class TestDocument:
    @pytest.mark.parametrize(("one", "other"), [*TEXT, *DRAWN])
    def test_gives_the_figures_of_both_schemes(self, one: str, other: str) -> None:
        figures = " | ".join(f"{contrast(scheme, one, other):.1f}" for scheme in SCHEMES)
        assert f"| `{one}` on `{other}` | {figures} |" in DOCUMENT

    def test_names_every_token(self) -> None:
        tokens = set(re.findall(r"^\s+--([\w-]+):", TOKENS, re.MULTILINE))
        assert not {name for name in tokens if f"`{name}`" not in DOCUMENT}
