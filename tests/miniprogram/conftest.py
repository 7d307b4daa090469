"""A served installation, and a mini-program that nobody has started yet."""

from collections.abc import Iterator

import pytest

from tests.miniprogram.program import MiniProgram
from tests.screens.installation import Installation


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    with Installation() as running:
        yield running


@pytest.fixture
def phone(installation: Installation) -> Iterator[MiniProgram]:
    """Return somebody's phone in a new town; at the end nothing on it may have failed."""
    installation.found_town()
    with MiniProgram(f"127.0.0.1:{installation.port}") as program:
        yield program
        program.look()
