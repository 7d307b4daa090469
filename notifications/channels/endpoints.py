"""Decides which push endpoints may be called, so that no subscription aims us at ourselves."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit


LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
PATH = re.compile(r"/[!-~]*")
"""Printed ASCII without spaces: nothing that would end a line of the request."""
HTTPS_PORTS = frozenset({None, 443})


class EndpointRefusedError(ValueError):
    """The endpoint of a subscription is not a push service that we trust."""


def push_target(
    endpoint: str, *, allowed_hosts: Collection[str], allow_loopback: bool
) -> tuple[str, str]:
    """Return the origin of ``endpoint`` as `push_origin` does, and what to ask of it.

    :raises EndpointRefusedError: as there; or the rest is not as it must be written in a request.
    """
    origin = push_origin(endpoint, allowed_hosts=allowed_hosts, allow_loopback=allow_loopback)
    rest = endpoint.partition("://")[2].partition("#")[0]
    path = "/" + rest.partition("/")[2] if "/" in rest else "/"
    if PATH.fullmatch(path) is None:
        raise EndpointRefusedError("unreadable path")
    return origin, path


def push_origin(endpoint: str, *, allowed_hosts: Collection[str], allow_loopback: bool) -> str:
    """Return the origin of ``endpoint``: scheme, host and any port.

    An allowed host is a name, or ``*.name`` for everything below it. ``allow_loopback`` lets this
    machine be called on any port, with TLS or without: that is where the sandbox is.

    :raises EndpointRefusedError: not https to an allowed host on the usual port.
    """
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise EndpointRefusedError("unreadable endpoint") from error
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise EndpointRefusedError("credentials in endpoint")
    if allow_loopback and host in LOOPBACK_HOSTS and parts.scheme in {"http", "https"}:
        return f"{parts.scheme}://{parts.netloc}"
    if parts.scheme != "https" or port not in HTTPS_PORTS:
        raise EndpointRefusedError("endpoint is not https")
    if not any(_matches(host, allowed) for allowed in allowed_hosts):
        raise EndpointRefusedError("endpoint host is not allowed")
    return f"https://{host}"


def _matches(host: str, allowed: str) -> bool:
    if allowed.startswith("*."):
        return host.endswith(allowed[1:])
    return host == allowed
