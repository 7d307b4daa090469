"""One installation and one browser for the screens; a fresh device for each person."""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from tests.screens.devices import GATE_MS, Device, new_device
from tests.screens.installation import Installation


CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
]

Devices = Callable[..., Device]
SHOWN = pytest.StashKey[list[Device]]()
TAIL: Final = 4_000


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    with Installation() as running:
        yield running


# Not for the session: Playwright keeps an event loop running in this thread, and asynchronous
# tests of other folders may follow on the same worker.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def device(
    browser: Browser, installation: Installation, request: pytest.FixtureRequest
) -> Iterator[Devices]:
    """Return a function that opens a device of somebody in a new town.

    At the end none may have seen a script fail.
    """
    installation.found_town()
    made: list[Device] = request.node.stash.setdefault(SHOWN, [])

    def make(role: str | None = None, **options: object) -> Device:
        made.append(new_device(browser, installation, role, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    errors = [error for each in made for error in each.errors]
    for each in made:
        each.context.close()
    assert not errors


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what the server complained of, and what every device showed.

    The latter as its accessibility tree says.
    """
    report = yield
    if call.when == "call" and report.failed:
        running = getattr(item, "funcargs", {}).get("installation")
        if isinstance(running, Installation):
            report.sections.append(("complaints of the server", running.complaints()[-TAIL:]))
        for device in item.stash.get(SHOWN, []):
            with suppress(Error):
                shown = device.page.locator("body").aria_snapshot(timeout=GATE_MS)
                report.sections.append((device.page.url, shown[-TAIL:]))
    return report


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the screenshots, kept by pytest after the run."""
    return tmp_path_factory.mktemp("screens")
