"""`python -m tests.services up`: both servers until Ctrl-C; `run -- CMD`: while CMD runs."""

import contextlib
import os
import signal
import subprocess
import sys
from types import FrameType

from tests.services.mariadb import mariadb
from tests.services.redis import redis
from tests.services.tether import tethered


USAGE = "usage: python -m tests.services up | run -- COMMAND [ARGUMENT ...]"
USAGE_EXIT = 2
_SIGNAL_EXIT = 128


def run(command: list[str]) -> int:
    """Run the command with both servers in its environment and return its exit status."""
    with mariadb() as database, redis() as bus:
        environment = os.environ | {"DATABASE_URL": database.url, "REDIS_URL": bus.url}
        child = subprocess.Popen(tethered(command), env=environment)

        def forward(number: int, _frame: FrameType | None) -> None:
            child.send_signal(number)

        # Ctrl-C reaches the command through the terminal; the servers outlive it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, forward)
        signal.signal(signal.SIGHUP, forward)
        status = child.wait()
    return status if status >= 0 else _SIGNAL_EXIT - status


def up() -> int:
    """Print the environment and keep both servers until Ctrl-C or another signal to end."""
    with contextlib.suppress(KeyboardInterrupt), mariadb() as database, redis() as bus:
        print(f"export DATABASE_URL={database.url}")
        print(f"export REDIS_URL={bus.url}", flush=True)
        signal.pause()
    return 0


def main(arguments: list[str]) -> int:
    """Run what the command line asks for."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    match arguments:
        case ["up"]:
            return up()
        case ["run", "--", *command] if command:
            return run(command)
        case _:
            print(USAGE, file=sys.stderr)
            return USAGE_EXIT


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(_SIGNAL_EXIT + number)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
