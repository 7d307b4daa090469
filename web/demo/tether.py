"""Runs a command that dies with the process that started it, even when that one is killed -9.

A launcher of its own, as `preexec_fn` is unsafe in a parent with threads. The kernel watches the
starting *thread*: start tethered commands from the main one.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence


PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str]) -> list[str]:
    """Return the command line that runs `command` tied to the life of this process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def tie_to(parent: int) -> None:
    """End this process when its parent does, or at once if that has happened already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(1)


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  our own command line, without a shell
