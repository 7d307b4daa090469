"""Posts to addresses that strangers chose: checks where each connection goes, bounds what comes.

Whatever a name resolves to is checked address by address, and the connection is opened to one of
the addresses that were checked, so that no second answer of the name server can lead elsewhere.
"""

import socket
import time
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from notifications.channels.result import parse_retry_after
from notifications.webhooks.addresses import WebhookUrlRefused, check_url, is_allowed
from notifications.webhooks.conclusions import Answer


TIMEOUT_SECONDS: Final = 10.0
"""For name, connection, request and answer together."""
ANSWER_BYTES: Final = 16 * 1024
"""An answer's body is thrown away; of a longer one the connection too."""
CONNECTIONS: Final = 400
USER_AGENT: Final = "Paidan-Webhooks/1"


CODES: Final = (
    (WebhookUrlRefused, "address_refused"),
    (aiohttp.InvalidURL, "address_refused"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorCertificateError, "bad_certificate"),
    (aiohttp.ClientConnectorDNSError, "unknown_host"),
    (aiohttp.ClientConnectorError, "connection_refused"),
)
"""What an exception means, the special before the general."""


class AddressRefusedError(OSError):
    """A name leads to an address that is not public."""


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses one with any address to which we send nothing."""

    def __init__(self, *, allow_loopback: bool, inner: AbstractResolver | None = None) -> None:
        """Ask `inner`, which is the system unless somebody says otherwise."""
        self._allow_loopback = allow_loopback
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for each in found:
            if not is_allowed(each["host"], allow_loopback=self._allow_loopback):
                raise AddressRefusedError(f"{host} is not public")
        return found

    async def close(self) -> None:
        await self._inner.close()


class HookTransport:
    """One way out for every webhook of a sender."""

    def __init__(self, *, allow_loopback: bool, resolver: AbstractResolver | None = None) -> None:
        """Open nothing yet; close it with `close`."""
        self._allow_loopback = allow_loopback
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS,
                resolver=GuardedResolver(allow_loopback=allow_loopback, inner=resolver),
                socket_factory=self._open_socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post `body`; whatever breaks is an answer too."""
        try:
            check_url(url, allow_loopback=self._allow_loopback)
            return await self._post(url, body, headers)
        except (WebhookUrlRefused, aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(code=_code_of(error))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._session.post(
            url,
            data=body,
            headers={"User-Agent": USER_AGENT, **headers},
            allow_redirects=False,
        ) as response:
            # What is left unread when the block ends costs the connection, and nothing more.
            await response.content.read(ANSWER_BYTES)
            asked = parse_retry_after(response.headers.get("Retry-After"), now=time.time())
            return Answer(
                code=f"http_{response.status}",
                status=response.status,
                retry_after_seconds=asked,
            )

    def _open_socket(self, info: Any) -> socket.socket:
        """Open a socket for one checked address: the last door, for addresses without a name."""
        family, kind, protocol, _name, address = info
        if not is_allowed(str(address[0]), allow_loopback=self._allow_loopback):
            raise AddressRefusedError(f"{address[0]} is not public")
        return socket.socket(family=family, type=kind, proto=protocol)


def _code_of(error: Exception) -> str:
    """Return our word for what broke; aiohttp wraps what the system said."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefusedError):
        return "address_refused"
    return next((code for kind, code in CODES if isinstance(error, kind)), "connection_lost")
