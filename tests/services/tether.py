"""Run a command that dies with the process that started it, even when that one is killed -9.

A launcher rather than a `preexec_fn`, which is unsafe (and warns) in a process with threads.
The kernel watches the starting *thread*: start tethered commands from one that lives on.
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


def _launch(parent: int, command: list[str]) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        raise SystemExit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    _launch(int(sys.argv[1]), sys.argv[2:])
