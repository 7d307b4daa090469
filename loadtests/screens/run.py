"""Measure how long until a shop can accept the order that waits on its board."""

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.results import Bars, Findings, publish
from loadtests.screens.shop import Shop, served_shop


RESULTS = Path(__file__).parent / "results"
_RUNS, _QUICK_RUNS = 30, 5
_MARK_SECONDS = 1.0
_CHROMIUM = "/usr/bin/chromium"
_KEEP = "localStorage.setItem('paidan:session', %s)"
# Looked at before every frame; the page's own clock begins with the navigation.
_WATCH = """
  const look = () => {
    const live = document.querySelector(".freshness[data-state=live]");
    const accept = document.querySelector("[data-deed=accept]:not([disabled])");
    if (live && accept) window.usableAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
_LOADED = "performance.timing.loadEventStart - performance.timing.navigationStart"

Once = Callable[[Shop, BrowserContext], float]


def _usable(shop: Shop, context: BrowserContext) -> float:
    """Open the board; return the seconds until its order can be accepted, live."""
    page = context.new_page()
    page.goto(shop.board)
    seconds = float(page.wait_for_function("() => window.usableAt").json_value()) / 1000
    page.close()
    return seconds


def _bare(shop: Shop, context: BrowserContext) -> float:
    """Open the same document without its scripts; return the seconds until it is loaded."""
    page = context.new_page()
    page.goto(shop.board, wait_until="load")
    seconds = float(page.evaluate(_LOADED)) / 1000
    page.close()
    return seconds


def _context(browser: Browser, shop: Shop, *, scripts: bool) -> BrowserContext:
    context = browser.new_context(java_script_enabled=scripts)
    context.set_default_timeout(60_000)
    context.add_init_script(_KEEP % json.dumps(shop.session))
    context.add_init_script(_WATCH)
    return context


def cold(browser: Browser, shop: Shop, once: Once, runs: int, *, scripts: bool) -> list[float]:
    """Measure browsers that have never been here."""
    taken = []
    for _ in range(runs):
        with _context(browser, shop, scripts=scripts) as context:
            taken.append(once(shop, context))
    return taken


def warm(browser: Browser, shop: Shop, once: Once, runs: int, *, scripts: bool) -> list[float]:
    """Measure one browser that has what may be kept."""
    with _context(browser, shop, scripts=scripts) as context:
        once(shop, context)
        return [once(shop, context) for _ in range(runs)]


CONTENDERS = {
    "paidan-cold": (cold, _usable, True),
    "paidan-warm": (warm, _usable, True),
    "bare-cold": (cold, _bare, False),
    "bare-warm": (warm, _bare, False),
}


def _row(name: str, taken: Sequence[float]) -> dict[str, Any]:
    return {
        "who": name,
        "runs": len(taken),
        "median_seconds": round(statistics.median(taken), 3),
        "p95_seconds": round(sorted(taken)[round(0.95 * (len(taken) - 1))], 3),
    }


def measure(names: Sequence[str], runs: int) -> list[dict[str, Any]]:
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="screens-") as place,
        served_shop(Path(place)) as shop,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for name in names:
            way, once, scripts = CONTENDERS[name]
            rows.append(_row(name, way(browser, shop, once, runs, scripts=scripts)))
            tell(rows[-1:])
        browser.close()
    return rows


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / the bare page, and ours in seconds."""
    median = {row["who"]: float(row["median_seconds"]) for row in rows}
    found = {f"{who}_seconds": seconds for who, seconds in median.items() if "paidan" in who}
    for cache in ("cold", "warm"):
        if {f"paidan-{cache}", f"bare-{cache}"} <= median.keys():
            ratio = median[f"paidan-{cache}"] / median[f"bare-{cache}"]
            found[f"bare-{cache}"] = round(ratio, 2)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("screens", __doc__, quick="fewer runs")
    options = parser.parse_args(arguments)
    names = chosen(CONTENDERS, options)
    rows = measure(names, _QUICK_RUNS if options.quick else _RUNS)
    findings = Findings(
        question="screens",
        rows=rows,
        ratios=ratios(rows),
        ok=len(rows) == len(names),
        quick=options.quick,
        notes=[f"mark: usable within {_MARK_SECONDS} s"],
    )
    chart = Bars(
        title="Until the board's order can be accepted",
        unit="seconds, median (less is better)",
        values={row["who"]: row["median_seconds"] for row in rows},
    )
    publish(findings, [chart], folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
