"""Imports point down, pure files stay pure, and no string reaches up either."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import APPS, ROOT, at, parse, python_files


# What each app must not name: those above it, and its sibling.
OUT_OF_SIGHT = {
    "core": ("dispatch", "notifications", "realtime", "web"),
    "dispatch": ("notifications", "realtime", "web"),
    "notifications": ("dispatch", "realtime", "web"),
    "realtime": ("web",),
}
LOOK_UPS = {"get_model", "get_app_config", "import_module", "import_string", "is_installed"}


class TestContracts:
    def test_are_kept(self) -> None:
        linter = Path(sys.executable).with_name("lint-imports")
        report = subprocess.run(
            [linter, "--no-cache", "--no-logo"],
            cwd=ROOT,
            capture_output=True,
            check=False,
            text=True,
        )
        assert report.returncode == 0, report.stdout

    def test_see_every_app(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
        assert sorted(settings["root_packages"]) == sorted(APPS)


class TestPackages:
    def test_hold_no_code_above_pure_files(self) -> None:
        full = [path for path in python_files(*APPS) if _is_package_with_code(path)]
        assert not [path for path in full if any(_pure_files_below(path.parent))]


class TestStrings:
    @pytest.mark.parametrize("app", OUT_OF_SIGHT)
    def test_name_no_model_out_of_sight(self, app: str) -> None:
        model = re.compile(rf"({'|'.join(OUT_OF_SIGHT[app])})\.[A-Z]\w*")
        upward = [
            at(path, node)
            for path in python_files(app)
            for node in ast.walk(parse(path))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and model.fullmatch(node.value)
        ]
        assert not upward

    @pytest.mark.parametrize("app", OUT_OF_SIGHT)
    def test_look_nothing_up_out_of_sight(self, app: str) -> None:
        upward = [
            at(path, call)
            for path in python_files(app)
            for call in ast.walk(parse(path))
            if isinstance(call, ast.Call)
            and _name(call.func) in LOOK_UPS
            and _first_word(call) in OUT_OF_SIGHT[app]
        ]
        assert not upward


def _is_package_with_code(path: Path) -> bool:
    return path.name == "__init__.py" and any(
        not isinstance(statement, ast.Expr) for statement in parse(path).body
    )


def _pure_files_below(folder: Path) -> Iterator[Path]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(each for each in settings["contracts"] if each["id"] == "pure")
    pure = {f"{pattern.rpartition('.')[2]}.py" for pattern in contract["source_modules"]}
    for path in python_files(*APPS):
        if path.name in pure and folder in path.parents:
            yield path


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _first_word(call: ast.Call) -> str:
    match call.args:
        case [ast.Constant(value=str(text)), *_]:
            return text.partition(".")[0]
    return ""
