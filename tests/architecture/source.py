"""The repository's own source files, parsed once."""

import ast
import subprocess
from functools import cache
from pathlib import Path


ROOT = Path(__file__).resolve().parents[2]
# Lowest first; `dispatch` and `notifications` are siblings.
APPS = ("core", "dispatch", "notifications", "realtime", "web")


@cache
def repository_files() -> tuple[Path, ...]:
    """Return every file of the repository, relative to its root, ignored ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = (Path(name) for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def python_files(*folders: str) -> list[Path]:
    """Return our Python files below the folders, migrations left out."""
    return [
        path
        for path in repository_files()
        if path.suffix == ".py" and path.parts[0] in folders and "migrations" not in path.parts
    ]


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file of the repository."""
    return ast.parse((ROOT / path).read_text(), str(path))


def at(path: Path, node: ast.expr | ast.stmt) -> str:
    """Return `path:line`, as editors open it."""
    return f"{path}:{node.lineno}"
