"""What an open page looks like to a camera and to axe, in all languages, schemes and sizes."""

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Page, ViewportSize

from tests.screens.devices import DESKTOP, PHONE, Device
from tests.toolchain import TESTS, install


SIZES: Final[dict[str, ViewportSize]] = {"phone": PHONE, "desktop": DESKTOP}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
LANGUAGES: Final = ("zh-CN", "en")
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
STILL: Final = """
  const style = new CSSStyleSheet();
  style.replaceSync(`*, *::before, *::after {
    animation: none !important; transition: none !important; caret-color: transparent !important;
  }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
"""
"""Nothing moves before the camera. The sheet is the driver's, so no policy is loosened."""
AXE: Final = """
  async (rules) => {
    const { violations } = await axe.run(document, { runOnly: { type: "tag", values: rules } });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target} ${node.failureSummary.replaceAll("\\n", " ")}`));
  }
"""
# Words that leave their box, where none was meant to end in dots.
CUT: Final = """
  () => [...document.querySelectorAll("h1, h2, button, .badge, label, th, dt, .field-label")]
    .filter((each) => each.clientWidth && each.scrollWidth > each.clientWidth + 1)
    .filter((each) => getComputedStyle(each).textOverflow !== "ellipsis")
    .map((each) => `cut: ${each.tagName} ${each.className} ${each.textContent.slice(0, 40)}`)
"""
# What a thumb would miss. A link within a sentence is exempt, as in WCAG 2.5.8.
SMALL: Final = """
  () => [...document.querySelectorAll("button, a[href], input, select, summary, [role=tab]")]
    .filter((each) => !each.closest(".unseen, p, .map-box"))
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
    .filter(([, box]) => box.width > 2 && (box.height < 43.5 || box.width < 43.5))
    .map(([each, { width, height }]) =>
      `small: ${each.className} ${each.textContent.slice(0, 30)} ${width}x${height}`)
"""
WIDER: Final = "document.documentElement.scrollWidth - innerWidth"


@cache
def axe() -> str:
    """Return axe-core's source; the driver evaluates it, whatever the page's policy forbids."""
    install(TESTS)
    return (TESTS / "node_modules" / "axe-core" / "axe.min.js").read_text()


class Looks:
    """Looks at one open page in every way that people may see it, and notes what is wrong."""

    def __init__(self, device: Device, name: str, folder: Path) -> None:
        self.page: Page = device.page
        self.name = name
        self.folder = folder
        self.findings: list[str] = []

    def look(self) -> list[str]:
        """Take every picture; return what axe, and our own measures, find."""
        self.page.evaluate(STILL)
        self.page.evaluate(axe())
        for language in LANGUAGES:
            self._speak(language)
            for size, viewport in SIZES.items():
                self.page.set_viewport_size(viewport)
                self._look_in_schemes(language, size)
        self._speak(LANGUAGES[0])
        return self.findings

    def _look_in_schemes(self, language: str, size: str) -> None:
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            name = f"{self.name}-{size}-{scheme}-{language}"
            self.page.screenshot(path=self.folder / f"{name}.png")
            if language == LANGUAGES[0] or scheme == SCHEMES[0]:
                self.page.evaluate("scrollTo(0, 0)")  # the frame's bar covers nothing there
                self._note(name, self.page.evaluate(AXE, list(RULES)))
        self._note(name, self.page.evaluate(CUT))
        if size == "phone":
            self._note(name, self.page.evaluate(SMALL))
        if self.page.evaluate(WIDER) > 0:
            self._note(name, ["wider than the screen"])

    def _note(self, name: str, found: list[Any]) -> None:
        self.findings += [f"{name}: {each}" for each in found]

    def _speak(self, language: str) -> None:
        """Switch the language where the page does, behind whatever dialog is open."""
        if self.page.evaluate("document.documentElement.lang") != language:
            self.page.evaluate("document.querySelector('[data-deed=language]').click()")
            self.page.wait_for_function(
                "(language) => document.documentElement.lang === language", arg=language
            )
