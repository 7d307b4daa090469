"""The table by which the browser's client finds a command's HTTP path when sockets fail."""

from collections.abc import Iterable
from typing import Final

from core.environment import ROOT
from core.gate.registry import CommandSpec


PATH: Final = ROOT / "web" / "realtime" / "src" / "paths.ts"
HEAD: Final = """\
// HTTP path of every command below `/api/v1`. Made by `manage.py write_command_paths`.

export const PATHS: Readonly<Record<string, string>> = {
"""


def command_paths(commands: Iterable[CommandSpec]) -> str:
    """Text of the table."""
    rows = sorted((spec.name, spec.path) for spec in commands)
    return HEAD + "".join(f'  "{name}": "{path}",\n' for name, path in rows) + "};\n"
