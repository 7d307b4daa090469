"""Whether the demonstration is open to the network it is in: closed until somebody opens it."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from web.demo.gateway import Gateway
from web.demo.invitations import CODE_SECONDS, Invitation, Invitations


LOOPBACK: Final = "127.0.0.1"
ELSEWHERE: Final = ("203.0.113.1", 9)
"""An address kept for documentation: a route to it is looked up, and nothing is sent."""
PORTS_TRIED: Final = 50


def lan_address() -> str:
    """Return this machine's address in its network; loopback when it is in none."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(ELSEWHERE)
        return str(probe.getsockname()[0])
    return LOOPBACK


@dataclass(slots=True)
class Network:
    """The one door to other machines."""

    base_url: str
    address: str = ""
    """Where to listen; empty: at this machine's address in its network."""
    url: str = ""
    """Where phones find us; empty while closed."""
    _gateway: Gateway | None = None
    _invitations: Invitations | None = None

    def view(self) -> dict[str, Any]:
        """How it stands, as JSON."""
        address = self.address or lan_address()
        return {"url": self.url, "is_local": address == LOOPBACK, "address": address}

    async def open(self) -> None:
        """Let those in who have a code.

        :raises OSError: when nothing can listen there.
        """
        if self.url:
            return
        address = self.address or lan_address()
        invitations = Invitations()
        gateway = Gateway(self.base_url, invitations)
        first = urlsplit(self.base_url).port or 0
        port = await _open_at(gateway, address, first)
        self._gateway, self._invitations = gateway, invitations
        self.url = f"http://{address}:{port}"

    async def close(self) -> None:
        """Hang up on everybody who came in, and let nobody in any more."""
        gateway, self._gateway, self._invitations = self._gateway, None, None
        self.url = ""
        if gateway is not None:
            await gateway.close()

    def invite(self, invitation: Invitation) -> dict[str, Any] | None:
        """Return the address that shows it on one phone, for a while; none while closed."""
        if self._invitations is None:
            return None
        code = self._invitations.invite(invitation)
        return {"url": f"{self.url}/demo/open/{code}", "seconds": CODE_SECONDS}


async def _open_at(gateway: Gateway, address: str, first: int) -> int:
    """Open it at the port of the wall, as that one listens on loopback, or the next free one."""
    for port in range(first, first + PORTS_TRIED):
        with suppress(OSError):
            await gateway.open(address, port)
            return port
    raise OSError(f"nothing can listen at {address}")
