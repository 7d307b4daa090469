"""Free TCP ports on the loopback, each promised to one process at a time."""

import random
import socket


# Below the kernel's ephemeral range, so that no outgoing connection takes a port while
# its server is stopped.
LOWEST = 15_000
HIGHEST = 31_999

_promises: dict[int, socket.socket] = {}


class NoFreePortError(RuntimeError):
    """Every port that was tried is taken."""


def reserve_port() -> int:
    """Return a free loopback port that no other caller of this function will get.

    :raises NoFreePortError: after two hundred taken ports.
    """
    for _ in range(200):
        port = random.SystemRandom().randint(LOWEST, HIGHEST)
        if _promise(port) and _is_free(port):
            return port
        release_port(port)
    message = f"no free port between {LOWEST} and {HIGHEST}"
    raise NoFreePortError(message)


def release_port(port: int) -> None:
    """Let others have the port."""
    promise = _promises.pop(port, None)
    if promise is not None:
        promise.close()


def _promise(port: int) -> bool:
    if port in _promises:
        return False
    # An abstract socket name has one owner and vanishes with its process, even on kill -9.
    promise = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        promise.bind(f"\0paidan-port-{port}")
    except OSError:
        promise.close()
        return False
    _promises[port] = promise
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
