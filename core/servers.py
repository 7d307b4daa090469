"""The two ASGI servers the product runs on, started the same way."""

import math
import resource
import signal
from typing import Any, Literal

from core.leaving import SIGNALS, CountedRequests, leaving


ServerName = Literal["daphne", "uvicorn"]

MESSAGE_BYTES = 128 * 1024
"""Above the protocol's own 64 KiB limit, so that the hub can answer with its own close code."""

FRAMES_EXTENSION = "paidan.frames"
"""Name in an ASGI scope of what `core.uvicorn_sockets` offers beside ASGI."""


def run_server(name: ServerName, application: Any, *, host: str, port: int) -> None:
    """Serve `application` until SIGTERM or SIGINT and the steps that come before the end."""
    _allow_many_sockets()
    counted = CountedRequests(application)
    leaving.first(counted.finish)
    if name == "daphne":
        _run_daphne(counted, host, port)
    else:
        _run_uvicorn(counted, host, port)


def _allow_many_sockets() -> None:
    """Raise the limit on open files as far as it goes: it is often 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _run_daphne(application: Any, host: str, port: int) -> None:
    # Importing installs Twisted's reactor, so it must not happen in other processes.
    from daphne.endpoints import build_endpoint_description_strings  # noqa: PLC0415
    from daphne.server import Server, twisted_loop  # noqa: PLC0415

    server = Server(
        application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        ping_interval=math.inf,  # the protocol has its own pings; 0 would be one every two seconds
        websocket_timeout=-1,  # leases end sockets, not their age
        websocket_max_message_size=MESSAGE_BYTES,
        websocket_max_frame_size=MESSAGE_BYTES,
        application_close_timeout=20,
        server_name="paidan",
        signal_handlers=False,
    )
    for number in SIGNALS:
        signal.signal(number, lambda *_: leaving.on_signal(twisted_loop, server.stop))
    server.run()


def _run_uvicorn(application: Any, host: str, port: int) -> None:
    from core.uvicorn_server import Uvicorn  # noqa: PLC0415  only where it is chosen
    from core.uvicorn_sockets import UvicornSocket  # noqa: PLC0415  same

    Uvicorn(
        application,
        host=host,
        port=port,
        loop="uvloop",
        ws=UvicornSocket,
        ws_max_size=MESSAGE_BYTES,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=20,
    ).run()
