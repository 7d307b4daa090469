"""One installation and one browser for the screens; a fresh device for each person."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.screens.devices import Device, new_device
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
def device(browser: Browser, installation: Installation) -> Iterator[Devices]:
    """Return a function that opens a device of somebody in a new town.

    At the end none may have seen a script fail.
    """
    installation.found_town()
    made: list[Device] = []

    def make(role: str | None = None, **options: object) -> Device:
        made.append(new_device(browser, installation, role, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    errors = [error for each in made for error in each.errors]
    for each in made:
        each.context.close()
    assert not errors


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the screenshots, kept by pytest after the run."""
    return tmp_path_factory.mktemp("screens")
