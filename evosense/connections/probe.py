"""Asking a connection's server how things are, now and by hand: does it answer, is the key right, is a phone linked.

Every call goes to the address that was checked (`addresses.py`), so none of this reaches into our own network.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from evosense.connections.addresses import AddressNotAllowed, PinnedAddress, checked_address
from evosense.connections.models import Transport
from evosense.errors import UpstreamTransient
from evosense.evolution.client import EvolutionClient, Pairing
from evosense.evolution.refusals import EvolutionRefused
from evosense.settings import Networks

# Somebody waits for the answer at a screen.
_TIMEOUT_S = 8.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where and as whom to ask."""

    url: str
    instance: str
    token: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the server answered. `reason` is a stable code (None: all is well), `detail` says what to do.

    `messages` is the server's own count of the instance's messages, None when it does not say.
    """

    reason: str | None
    detail: str
    version: str | None = None
    whatsapp_state: str | None = None
    messages: int | None = None


async def examine(server: Server, transport: Transport, *, allowed: Networks) -> Found:
    """Ask the server for its version and the instance. Never raises for what the server does.

    A plain WebSocket gateway has nothing to ask: only its door is tried.
    """
    ask = _knock if transport == "raw_websocket" else _examine
    try:
        async with asyncio.timeout(2 * _TIMEOUT_S):
            return await ask(server, await checked_address(server.url, allowed=allowed))
    except AddressNotAllowed as error:
        return Found(error.code, error.detail)
    except EvolutionRefused as error:
        return Found(error.reason, error.detail)
    except (UpstreamTransient, TimeoutError, OSError):
        return Found("unreachable", "The server does not answer; check its address and whether it runs")


async def begin_pairing(server: Server, *, allowed: Networks) -> Pairing | None:
    """A QR code to link a phone with, None when one is linked already.

    Raises:
        AddressNotAllowed: the address is private.
        EvolutionRefused: the server refuses the key or knows no such instance.
        UpstreamTransient: the server is away.
    """
    address = await checked_address(server.url, allowed=allowed)
    async with _client(server, address) as client:
        return await client.pair(server.instance)


async def _examine(server: Server, address: PinnedAddress) -> Found:
    async with _client(server, address) as client:
        version = await client.version()
        instances = [one for one in await client.fetch_instances(server.instance) if one.name == server.instance]
    if not instances:
        return Found("no_such_instance", "The server knows no instance of this name under this key", version)
    instance = instances[0]
    if instance.state != "open":
        detail = "The server answers, but no phone is linked to the instance; scan its QR code"
        return Found("phone_not_linked", detail, version, instance.state, instance.messages)
    return Found(None, "The server answers and a phone is linked", version, instance.state, instance.messages)


async def _knock(_server: Server, address: PinnedAddress) -> Found:
    _, writer = await asyncio.open_connection(address.host, address.port)
    writer.close()
    return Found(None, "The gateway's door is open; whether it sends messages shows when the listener joins it")


def _client(server: Server, address: PinnedAddress) -> EvolutionClient:
    return EvolutionClient(server.url, server.token, pinned_host=address.host, timeout_s=_TIMEOUT_S)
