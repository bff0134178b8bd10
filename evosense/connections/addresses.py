"""Which servers a connection may point to: a tenant must not make us call into our own network (SSRF).

The name is resolved once and the address that was checked is the one that is connected to, so a name that answers
differently the second time gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from evosense.errors import InvalidInput, UpstreamTransient
from evosense.settings import Networks

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


# A name as DNS has it; one with other letters is written in its xn-- form.
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_LOOK = "the server's address must look like https://evolution.example.com"


class AddressNotAllowed(InvalidInput):
    """The server's address is private; public servers only, and those in networks of EVO_ALLOWED_NETWORKS."""

    code = "address_not_allowed"


def normal_server_url(url: str) -> str:
    """`url` in its one form: lower-case scheme and host, no query, no trailing slash.

    Raises:
        InvalidInput: not http(s), no host, or a password inside.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise InvalidInput(_LOOK) from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or not _is_host(parts.hostname):
        raise InvalidInput(_LOOK)
    if parts.username or parts.password:
        raise InvalidInput("the server's address must not carry a password; the token is a field of its own")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise InvalidInput("the server's port is no number") from error
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme.lower(), host + port, parts.path.rstrip("/"), "", ""))


def _is_host(host: str) -> bool:
    if ":" not in host or "%" in host:
        return len(host) <= 253 and _HOST_NAME.fullmatch(host) is not None
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class PinnedAddress:
    """The address that was checked, to connect to instead of the name."""

    host: str
    port: int


async def checked_address(url: str, allowed: Networks = ()) -> PinnedAddress:
    """The address to connect to for `url`.

    Raises:
        AddressNotAllowed: the name stands for an address that is neither public nor in a network that is allowed.
        UpstreamTransient: the name can't be resolved now.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UpstreamTransient("the server's name can't be resolved") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not all(is_public(address) or _is_in(allowed, address) for address in addresses):
        raise AddressNotAllowed
    return PinnedAddress(addresses[0], port)


def is_public(address: str) -> bool:
    """Whether `address` is one of the open internet's, in whatever form it is written.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) must be public itself: a gateway may unwrap it.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and (inner := _inside(found)) is not None:
        return is_public(str(inner))
    return found.is_global and not found.is_multicast


def _is_in(networks: Networks, address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and (inner := _inside(found)) is not None:
        found = inner
    return any(found in network for network in networks)


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
