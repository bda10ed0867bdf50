"""Whom a call may reach: the public internet, and of private networks only hosts that a destination names.

A name is judged by the addresses it stands for when the connection is made, and only those are connected to: an answer of the DNS
that changes between two look-ups (rebinding) changes nothing, because there is one.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult

_GLOBAL = ip_network("2000::/3")  # all that is given out (IANA); beyond it: loopback, link-local, unique local, multicast, ::/96
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_NOT_GLOBAL = [ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24")]  # protocol assignments, 6to4 relays
_IS_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)


class PrivateTargetError(Exception):
    """A host that is, or stands for, an address no destination may reach."""


def is_public(text: str) -> bool:
    """Whether an address, as a socket would be given it, is one of the public internet. What is no address is not.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is judged by that.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    inner = _carried(address) if isinstance(address, IPv6Address) else address
    if inner is not None:
        return inner.is_global and not inner.is_multicast and not any(inner in network for network in _NOT_GLOBAL)
    return address in _GLOBAL and address.is_global and address not in _TEREDO


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address.ipv4_mapped


class Targets:
    """private_hosts: names or addresses that are reached wherever they are, written as in the URL."""

    def __init__(self, private_hosts: Collection[str] = ()) -> None:
        self._named = {_plain(host) for host in private_hosts}
        self._judged: dict[str, bool] = {}

    def names(self, host: str) -> bool:
        """Whether the settings name this very host."""
        return _plain(host) in self._named

    def admits(self, host: str) -> bool:
        """Whether a URL's host may be called, as far as it shows: addresses are judged here, names when they are looked up."""
        judged = self._judged.get(host)
        if judged is None:
            judged = bool(host) and (self.names(host) or not _is_number(host) or is_public(host))
            if len(self._judged) < 1000:
                self._judged[host] = judged
        return judged


class CheckedResolver(AbstractResolver):
    """Another resolver's answer, if all of it may be reached; PrivateTargetError if not: half of a suspicious answer is no answer."""

    def __init__(self, targets: Targets, resolver: AbstractResolver) -> None:
        self._targets, self._resolver = targets, resolver

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not found:
            raise OSError(None, "no address of a family this machine speaks")
        if not self._targets.names(host) and not all(is_public(one["host"]) for one in found):
            raise PrivateTargetError
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _is_number(host: str) -> bool:
    """Whether a host is an address, in whatever notation: its last part is a number (WHATWG URL, 3.5), or it has colons.

    `127.1` and `0x7f000001` are such, and no resolver of ours would see them.
    """
    return ":" in host or bool(_IS_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]))


def _plain(host: str) -> str:
    text = host.strip("[]").rstrip(".").lower()
    try:
        return str(ip_address(text))
    except ValueError:
        return text
