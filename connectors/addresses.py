"""Where a request comes from: the address that attempts to sign in are counted by.

What a request says about its own origin (``X-Real-IP``, ``X-Forwarded-For``) is anybody's claim.
It is believed only from an address where the installation says that its proxy stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

LOCAL: Final = "127.0.0.1"
_LONGEST: Final = 64
_SAME_PLACE: Final = 64
"""Bits of an IPv6 address that name the network; whoever has one has all addresses below it."""


def address_of(
    connection: str | None, headers: Iterable[tuple[bytes, bytes]], proxies: Sequence[Network]
) -> str:
    """The address of whoever asks: the connection's, or what a proxy of ours says of it.

    ``connection``: the other end of the socket, None for one of this machine. ``headers``: as ASGI
    hands them over. ``proxies``: ``Settings.trusted_proxies``, empty where none is configured.
    Of a proxy's words ``X-Real-IP`` counts, else the last address in ``X-Forwarded-For`` that is
    no proxy's own: those before it were written by whoever asks. What is no address counts for
    nothing.
    """
    here = _parsed(connection or LOCAL)
    if here is None or not _among(here, proxies):
        return str(here or connection)[:_LONGEST]
    said = [(name.lower(), value.decode("latin-1")) for name, value in headers]
    real = [value for name, value in said if name == b"x-real-ip"]
    if real:
        # Two of them: one is the visitor's own, and nothing says which.
        found = _parsed(real[0]) if len(real) == 1 else None
        return str(found or here)
    forwarded = ",".join(value for name, value in said if name == b"x-forwarded-for")
    for text in reversed(forwarded.split(",")):
        found = _parsed(text)
        if found is None:
            break
        if not _among(found, proxies):
            return str(found)
    return str(here)


def place_of(address: str | None) -> str | None:
    """What an address is counted as: this machine as one, of IPv6 the network. None: no address."""
    found = _parsed(address or "")
    if found is None:
        return None
    if found.is_loopback:
        return LOCAL
    if isinstance(found, IPv4Address):
        return str(found)
    return str(ip_network((found.packed, _SAME_PLACE), strict=False))


@cache
def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks with commas between. Raises ValueError for what is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return found.ipv4_mapped
        if found.scope_id:
            return IPv6Address(int(found))
    return found


def _among(found: IPv4Address | IPv6Address, proxies: Sequence[Network]) -> bool:
    return any(found in network for network in proxies)
