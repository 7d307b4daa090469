"""The two ASGI servers the product runs on, started the same way."""

from typing import Any, Literal


ServerName = Literal["daphne", "uvicorn"]

MESSAGE_BYTES = 128 * 1024
"""Above the protocol's own 64 KiB limit, so that the hub can answer with its own close code."""


def run_server(name: ServerName, application: Any, *, host: str, port: int) -> None:
    """Serve `application` until SIGTERM or SIGINT."""
    if name == "daphne":
        _run_daphne(application, host, port)
    else:
        _run_uvicorn(application, host, port)


def _run_daphne(application: Any, host: str, port: int) -> None:
    # Importing installs Twisted's reactor, so it must not happen in other processes.
    from daphne.endpoints import build_endpoint_description_strings  # noqa: PLC0415
    from daphne.server import Server  # noqa: PLC0415

    Server(
        application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        ping_interval=0,  # the protocol has its own pings
        websocket_timeout=-1,  # leases end sockets, not their age
        websocket_max_message_size=MESSAGE_BYTES,
        websocket_max_frame_size=MESSAGE_BYTES,
        application_close_timeout=20,
        server_name="paidan",
    ).run()


def _run_uvicorn(application: Any, host: str, port: int) -> None:
    import uvicorn  # noqa: PLC0415  only where it is chosen

    uvicorn.run(
        application,
        host=host,
        port=port,
        loop="uvloop",
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=20,
    )
