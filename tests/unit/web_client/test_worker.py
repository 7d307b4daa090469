"""The service worker and what pages do for push, in Node, with a browser that notes everything."""

from pathlib import Path

import pytest

from tests.toolchain import node


TESTS = Path(__file__).parent


@pytest.mark.parametrize("name", ["service_worker", "push_device"])
def test_passes_its_own_tests(name: str) -> None:
    ended = node("--test", str(TESTS / f"{name}.test.mjs"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
