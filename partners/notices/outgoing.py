"""Where a webhook may go: only to public addresses, and to exactly the address that was looked at.

A merchant names the URL, so the URL may try to reach what only this house can reach: another service on this machine,
a neighbour in the private network, a cloud's metadata. Every address the name stands for must be public; the
connection then goes to the address that was looked at (not to what the name says a moment later), under the name's
own TLS certificate, through no proxy, and follows no redirect. A receiver inside the house must be named by the
setting THAW_NOTICES_INSIDE (`host` or `host:port`, separated by commas).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx2

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses a host's name stands for. Raises OSError when there are none."""

NAT64 = ip_network("64:ff9b::/96")
NOT_PUBLIC = (ip_network("168.63.129.16/32"), ip_network("64:ff9b:1::/48"))
"""Addresses inside a house although the registries count them as public: a cloud's metadata, local NAT64."""
PORTS = {"http": 80, "https": 443}


class NotAllowedError(ValueError):
    """The URL leads to where no webhook may go; the message says why and names no address of ours."""


class UnknownHostError(OSError):
    """The host's name stands for no address now."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and as whom to speak to it."""

    url: httpx2.URL
    host_header: str
    server_name: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Host": self.host_header}

    @property
    def extensions(self) -> dict[str, str]:
        return {"sni_hostname": self.server_name}


async def by_name_service(host: str, port: int) -> list[str]:
    """Asks the name service."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def look_at(text: str, inside: frozenset[str] = frozenset(), resolve: Resolve = by_name_service) -> Target:
    """The target of a URL. Raises NotAllowedError and UnknownHostError."""
    url = httpx2.URL(text)
    if url.scheme not in PORTS:
        raise NotAllowedError("only http and https URLs")
    if url.userinfo:
        raise NotAllowedError("a URL must not carry a user or a password")
    host = url.host.rstrip(".").lower()
    port = url.port or PORTS[url.scheme]
    try:
        addresses = await resolve(host, port)
    except OSError as error:
        raise UnknownHostError("the host's name stands for no address") from error
    if not addresses:
        raise UnknownHostError("the host's name stands for no address")
    if not {host, f"{host}:{port}"} & inside and not all(is_public(address) for address in addresses):
        raise NotAllowedError("it leads to an address that is not public")
    return Target(url.copy_with(host=addresses[0]), url.netloc.decode(), host)


def is_public(text: str) -> bool:
    """Whether an address is one of the internet's, also when an IPv4 address is wrapped in it."""
    address = ip_address(text.partition("%")[0])
    return all(_is_public(each) for each in (address, *_wrapped(address)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inside = any(address in network for network in NOT_PUBLIC if network.version == address.version)
    return address.is_global and not address.is_multicast and not inside


def _wrapped(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
