"""State and version change in model methods only, whatever the syntax."""

import ast
from collections.abc import Iterator

from tests.architecture.source import APPS, at, parse, python_files


GUARDED = {"state", "version"}


class TestStateAndVersion:
    def test_are_assigned_in_models_only(self) -> None:
        outside = [
            at(path, node)
            for path in python_files(*APPS)
            if path.name != "models.py"
            for node in ast.walk(parse(path))
            if isinstance(node, ast.expr) and any(_changes(node))
        ]
        assert not outside


def _changes(node: ast.expr) -> Iterator[str]:
    """Yield the guarded names that the expression changes on something other than `self`."""
    match node:
        case ast.Attribute(value=owner, attr=name, ctx=ast.Store()) if not _is_self(owner):
            yield from {name} & GUARDED
        case ast.Call(func=ast.Attribute(attr="update" | "aupdate"), keywords=keywords):
            yield from {keyword.arg for keyword in keywords if keyword.arg} & GUARDED
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), *_]):
            yield from {name} & GUARDED


def _is_self(owner: ast.expr) -> bool:
    # A class of its own may have a state; those with a row behind it live in models.py.
    return isinstance(owner, ast.Name) and owner.id == "self"
