"""Measure what couriers on a map cost the browser: frames, long tasks, and the work of a frame."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, ViewportSize, sync_playwright

from loadtests.measure.options import chosen, command_line, folder, tell
from loadtests.measure.results import Bars, Findings, publish


HERE = Path(__file__).parent
RESULTS = HERE / "results"
CONTENDERS = ("paidan", "leaflet-markers")
COUNTS, _QUICK_COUNTS = (50, 200, 400), (200,)
CHROMIUM = "/usr/bin/chromium"
_WATCH_MS, _QUICK_WATCH_MS = 8_000, 3_000
_SETTLE_MS = 2_500
_WORK = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
SIZE: ViewportSize = {"width": 1280, "height": 720}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(built: Path) -> Iterator[str]:
    """Serve the built page on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(built)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _work(session: CDPSession) -> dict[str, float]:
    found = session.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in found if each["name"] in _WORK}


def measure(browser: Browser, url: str, who: str, count: int, watch_ms: int) -> dict[str, Any]:
    """Let so many couriers ride, and watch the frames."""
    page = browser.new_page(viewport=SIZE)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(f"{url}/index.html?who={who}&count={count}")
    page.wait_for_function("globalThis.watch")
    page.wait_for_timeout(_SETTLE_MS)
    before = _work(session)
    seen = page.evaluate("ms => watch(ms)", watch_ms)
    after = _work(session)
    page.close()
    frames = seen["frames"]
    spent = {name: 1000 * (after[name] - before[name]) / frames for name in _WORK}
    return {
        "who": who,
        "couriers": count,
        "frames_per_second": round(1000 * frames / seen["ms"], 1),
        "longest_frame_ms": round(seen["longest_ms"], 1),
        "long_tasks": seen["long_tasks"],
        "main_ms_per_frame": round(spent["TaskDuration"], 3),
        "script_ms_per_frame": round(spent["ScriptDuration"], 3),
        "layout_ms_per_frame": round(spent["LayoutDuration"] + spent["RecalcStyleDuration"], 3),
    }


def ratios(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Ours / theirs in the main thread's work of a frame, by the number of couriers."""
    work = {(row["who"], row["couriers"]): row["main_ms_per_frame"] for row in rows}
    ours, peer = CONTENDERS
    return {
        f"main_thread_{count}": round(work[ours, count] / work[peer, count], 3)
        for count in COUNTS
        if (ours, count) in work and (peer, count) in work
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = command_line("map", __doc__, quick="200 couriers, for three seconds")
    options = parser.parse_args(arguments)
    counts, watch_ms = (_QUICK_COUNTS, _QUICK_WATCH_MS) if options.quick else (COUNTS, _WATCH_MS)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="map-") as into, sync_playwright() as playwright:
        subprocess.run(["node", str(HERE / "build.mjs"), into], check=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with served(Path(into)) as url:
            for who in chosen(CONTENDERS, options):
                for count in counts:
                    rows.append(measure(browser, url, who, count, watch_ms))
                    tell(rows[-1:])
        browser.close()
    findings = Findings(
        question="map",
        rows=rows,
        ratios=ratios(rows),
        ok=all(row["frames_per_second"] > 0 for row in rows) and bool(rows),
        quick=options.quick,
    )
    charts = [
        Bars(
            title=title,
            unit=unit,
            values={f"{row['who']} {row['couriers']}": row[key] for row in rows},
        )
        for title, unit, key in (
            ("Frames", "a second (more is better)", "frames_per_second"),
            ("Main thread", "ms a frame (less is better)", "main_ms_per_frame"),
        )
    ]
    publish(findings, charts, folder(RESULTS, is_whole=not options.only))
    return 0 if findings.ok else 1


if __name__ == "__main__":
    sys.exit(main())
