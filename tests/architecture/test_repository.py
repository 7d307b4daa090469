"""The repository holds what it says: its folders, its pins, and no trace of one machine."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT, repository_files


FOLDERS = {
    *("core", "dispatch", "notifications", "realtime", "web"),
    *("docs", "loadtests", "tests"),
}
# Assembled, so that this file does not hold what it looks for.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("npmmirror", "com"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.~/$}-])/(?:home|Users|root|work|workspace|opt)/\w")
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)


class TestTopLevel:
    def test_holds_the_agreed_folders_only(self) -> None:
        folders = {path.parts[0] for path in repository_files() if len(path.parts) > 1}
        assert {folder for folder in folders if not folder.startswith(".")} <= FOLDERS


class TestFiles:
    def test_name_no_package_registry(self) -> None:
        named = [
            f"{path}: {host}" for path, text in _texts() for host in REGISTRY_HOSTS if host in text
        ]
        assert not named

    def test_know_no_folder_of_one_machine(self) -> None:
        assert not [
            f"{path}: {found[0]}"
            for path, text in _texts()
            if (found := MACHINE_PATH.search(text))
        ]


class TestPins:
    def test_cover_every_dependency_within_its_bounds(self) -> None:
        pins = _pins("requirements.txt")
        wanted = _project()["project"]["dependencies"]
        assert not [line for line in wanted if not _is_pinned(line, pins)]

    def test_cover_every_tool_within_its_bounds(self) -> None:
        pins = _pins("requirements-dev.txt")
        wanted = _project()["dependency-groups"]["dev"]
        assert not [line for line in wanted if not _is_pinned(line, pins)]

    def test_agree_between_production_and_development(self) -> None:
        production, development = _pins("requirements.txt"), _pins("requirements-dev.txt")
        shared = production.keys() & development.keys()
        assert not [name for name in shared if production[name] != development[name]]

    def test_carry_hashes(self) -> None:
        for name in ("requirements.txt", "requirements-dev.txt"):
            text = (ROOT / name).read_text()
            blocks = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
            assert not [block for block in blocks if "--hash=sha256:" not in block]


class TestNodePackages:
    def test_are_locked_to_exact_versions(self) -> None:
        for path in repository_files():
            if path.name == "package.json":
                wanted = json.loads((ROOT / path).read_text())
                versions = {**wanted.get("dependencies", {}), **wanted.get("devDependencies", {})}
                assert not [name for name, version in versions.items() if version[0] in "^~*>"]
                assert not versions or path.with_name("package-lock.json") in repository_files()


def _texts() -> Iterator[tuple[Path, str]]:
    for path in repository_files():
        try:
            yield path, (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue  # a picture or a sound


def _project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _pins(name: str) -> dict[str, set[str]]:
    """Return the pinned versions by package; a few have one for each Python version."""
    pins: dict[str, set[str]] = {}
    for found in PIN.finditer((ROOT / name).read_text()):
        pins.setdefault(canonicalize_name(found["name"]), set()).add(found["version"])
    return pins


def _is_pinned(line: str, pins: dict[str, set[str]]) -> bool:
    wanted = Requirement(line)
    versions = pins.get(canonicalize_name(wanted.name), set())
    return bool(versions) and all(wanted.specifier.contains(version) for version in versions)
