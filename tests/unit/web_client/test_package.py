"""The package keeps its promises: tests pass, types hold, the built file is the sources'."""

import json
import re
from typing import Final

from core.gate.registry import COMMANDS
from tests.toolchain import PACKAGE, install, node
from web.command_paths import BROWSER, PYTHON, browser_paths, python_paths


SIZE: Final = re.compile(r"at most ([\d.]+) KB gzipped")


class TestPackage:
    def test_passes_its_own_tests(self) -> None:
        ended = node("--test", "tests/unit/*.test.ts")
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def test_has_sound_types(self) -> None:
        install()
        ended = node("node_modules/typescript/bin/tsc", "--noEmit")
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def test_knows_the_path_of_every_command(self) -> None:
        ours = [
            spec for spec in COMMANDS.values() if not spec.handler.__module__.startswith("tests")
        ]
        assert BROWSER.read_text() == browser_paths(ours), "run manage.py write_command_paths"
        assert PYTHON.read_text() == python_paths(ours), "run manage.py write_command_paths"


class TestBuild:
    def test_is_what_the_sources_give_and_as_small_as_promised(self) -> None:
        ended = node("build.ts", "--check")
        assert ended.returncode == 0, ended.stderr
        promised = SIZE.search((PACKAGE / "README.md").read_text())
        assert promised is not None
        assert json.loads(ended.stdout)["gzip"] <= float(promised[1]) * 1000

    def test_offers_what_the_sources_do(self) -> None:
        names = 'import("../static/web/realtime.js").then((all) => console.log(Object.keys(all)))'
        sources = names.replace("../static/web/realtime.js", "./src/index.ts")
        assert node("-e", names).stdout == node("-e", sources).stdout != ""
