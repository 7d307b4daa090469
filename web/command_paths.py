"""The tables by which our clients find a command's HTTP path when sockets fail."""

from collections.abc import Iterable
from typing import Final

from core.environment import ROOT
from core.gate.registry import CommandSpec


BROWSER: Final = ROOT / "web" / "realtime" / "src" / "paths.ts"
PYTHON: Final = ROOT / "realtime" / "client_paths.py"
BROWSER_HEAD: Final = """\
// HTTP path of every command below `/api/v1`. Made by `manage.py write_command_paths`.

export const PATHS: Readonly<Record<string, string>> = {
"""
PYTHON_HEAD: Final = '''\
"""HTTP path of every command below `/api/v1`. Made by `manage.py write_command_paths`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
'''


def browser_paths(commands: Iterable[CommandSpec]) -> str:
    """Text of the browser's table."""
    return BROWSER_HEAD + "".join(f"  {row},\n" for row in _rows(commands)) + "};\n"


def python_paths(commands: Iterable[CommandSpec]) -> str:
    """Text of the Python client's table."""
    return PYTHON_HEAD + "".join(f"        {row},\n" for row in _rows(commands)) + "    }\n)\n"


def _rows(commands: Iterable[CommandSpec]) -> list[str]:
    return [f'"{name}": "{path}"' for name, path in sorted((c.name, c.path) for c in commands)]
