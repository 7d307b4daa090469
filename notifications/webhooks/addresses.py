"""Decides where webhooks may go, so that no shop aims us at ourselves or our neighbours."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from core.errors import Invalid
from notifications.webhooks.models import URL_LENGTH


PORTS: Final = frozenset({443, 8443})
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
NAT64: Final = IPv6Network("64:ff9b::/96")
"""Addresses that stand for an IPv4 address in their last 32 bits (RFC 6052)."""

Address = IPv4Address | IPv6Address


class WebhookUrlRefused(Invalid):
    """An address to which we send nothing; `reason` says why."""

    code = "webhook_url_refused"
    title = "Webhooks go to public https addresses only."


def check_url(url: str, *, allow_loopback: bool) -> None:
    """Refuse what can be refused without asking the network.

    :raises WebhookUrlRefused: no https, another port than 443 and 8443, credentials, a fragment,
        or an address in place of a name that is not public.
    """
    parts, port = _split(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.username is not None or parts.password is not None:
        raise _refused("credentials")
    if not host or parts.fragment or len(url) > URL_LENGTH:
        raise _refused("unreadable")
    if allow_loopback and host in LOOPBACK_NAMES and parts.scheme in {"http", "https"}:
        return
    if parts.scheme != "https":
        raise _refused("not_https")
    if port not in PORTS:
        raise _refused("port")
    if host == "localhost" or "." not in host.replace(":", "."):
        raise _refused("not_public")
    if _is_address(host) and not is_public(host):
        raise _refused("not_public")


def is_allowed(address: str, *, allow_loopback: bool) -> bool:
    """Whether a connection may be opened to `address`, an IP address."""
    if allow_loopback and ip_address(address.partition("%")[0]).is_loopback:
        return True
    return is_public(address)


def is_public(address: str) -> bool:
    """Whether `address` and every other address that it stands for is on the public internet."""
    return all(_is_public(each) for each in _meanings(ip_address(address.partition("%")[0])))


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _meanings(address: Address) -> Iterator[Address]:
    """Yield the address that a router would see in the end; an address may wrap another."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour is not None:
            yield address.sixtofour
        yield from address.teredo or ()


def _split(url: str) -> tuple[SplitResult, int]:
    if any(ord(letter) <= ord(" ") or letter == "\\" for letter in url):
        raise _refused("unreadable")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise _refused("unreadable") from error
    return parts, port


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _refused(reason: str) -> WebhookUrlRefused:
    return WebhookUrlRefused(reason=reason)
