"""The service worker in Node, with a browser that notes everything."""

from pathlib import Path

from tests.toolchain import node


TESTS = Path(__file__).parent


def test_passes_its_own_tests() -> None:
    ended = node("--test", str(TESTS / "service_worker.test.mjs"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
