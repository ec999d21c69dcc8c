"""Which addresses a capture may reach: the guard's own explicit list.

Python's `is_global` says yes to NAT64, 6to4, multicast and `::127.0.0.1`, so the list is spelled
out from the IANA special-purpose registries (RFC 6890 and its updates).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    ip_address,
    ip_network,
)

_FORBIDDEN_4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
# Of IPv6 only global unicast is let through, less what is reserved or tunnels IPv4 inside it.
_GLOBAL_6 = ip_network("2000::/3")
_FORBIDDEN_6 = [
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo, ORCHID, AMT, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]


class Refused(Exception):
    """The guard will not connect; the message says why."""


@dataclass(frozen=True)
class Resolution:
    """What a host name resolved to, once, and the address that will be used."""

    host: str
    port: int
    answers: tuple[str, ...]
    allowed_by_operator: bool = False


@dataclass
class AddressGuard:
    """Resolves every name once per capture and refuses it if any answer is not global.

    `allow` holds `host:port` pairs that the operator lets through wherever they resolve to.
    """

    allow: Collection[str] = ()
    timeout: float = 10.0
    _known: dict[str, asyncio.Task[tuple[str, ...]]] = field(default_factory=dict)

    async def resolve(self, host: str, port: int) -> Resolution:
        """The pinned resolution of `host`; raises `Refused`, or `OSError` if there is none."""
        host = canonical_host(host)
        if host not in self._known:
            self._known[host] = asyncio.ensure_future(self._ask(host))
        answers = await asyncio.shield(self._known[host])
        if f"{host}:{port}" in {canonical_pair(pair) for pair in self.allow}:
            return Resolution(host, port, answers, allowed_by_operator=True)
        for answer in answers:
            if not is_public(answer):
                raise Refused(f"{host} resolves to {answer}, which is not a public address")
        return Resolution(host, port, answers)

    async def _ask(self, host: str) -> tuple[str, ...]:
        loop = asyncio.get_running_loop()
        found = await asyncio.wait_for(
            loop.getaddrinfo(host, None, type=socket.SOCK_STREAM), self.timeout
        )
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address in text is one of the public internet."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _FORBIDDEN_4)

    return ip in _GLOBAL_6 and not any(ip in network for network in _FORBIDDEN_6)


def canonical_host(host: str) -> str:
    """A host name as the guard compares it: lower case, no brackets, no trailing dot."""
    return host.strip("[]").rstrip(".").lower()


def canonical_pair(pair: str) -> str:
    """`host:port` as the guard compares it; raises `ValueError` for anything else."""
    host, colon, port = pair.rpartition(":")
    if not colon or not host or not port.isdigit():
        raise ValueError(f"write host:port, not {pair!r}")
    return f"{canonical_host(host)}:{int(port)}"
