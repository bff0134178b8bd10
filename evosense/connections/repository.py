"""Connections in the database: add, list, pause, remove; what the listener writes about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from evosense.connections.addresses import normal_server_url
from evosense.connections.models import Connection, Listening, StateChange, Transport
from evosense.connections.states import state_event
from evosense.connections.webhook_secrets import new_secret, set_webhook_secret
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.evolution.jids import parse_jid
from evosense.live.models import NewLiveEvent
from evosense.tenants.keys import TenantKeys

_QUERIES = load("evosense.connections")
_TABLE = "connection"
_OWN_NUMBER = "connection.own_number"


async def add_connection(
    connection: AsyncConnection[Any],
    keys: TenantKeys,
    *,
    name: str,
    server_url: str,
    instance: str,
    token: str | None,
    transport: Transport = "socketio",
    webhook_secret: str | None = None,
    own_number: str | None = None,
) -> UUID:
    """Add a connection of the keys' tenant and tell the listeners; answers its id.

    A connection that was removed before is revived with its id, so its messages keep their identity.

    Raises:
        InvalidInput: the address, the instance's name or the own number can't be used.
        Conflict: the tenant has this instance, or this name, already.
    """
    if not instance or set(instance) & set(",/#"):  # the socket's protocol ends a name at its comma
        raise InvalidInput("the instance's name must not be empty and must not contain , / or #")
    own_address = _own_address(own_number) if own_number else None
    values: dict[str, Any] = {
        "tenant_id": keys.tenant_id,
        "id": new_id(),
        "name": name,
        "server_url": normal_server_url(server_url),
        "instance": instance,
        "transport": transport,
        "token_enc": None,
    }
    try:
        row = await (await connection.execute(_QUERIES["add_connection"], values)).fetchone()
    except UniqueViolation as error:
        raise Conflict("the tenant has a connection with this name already") from error
    if row is None:
        raise Conflict("the tenant listens to this instance already")
    if webhook_secret or transport == "webhook":
        await set_webhook_secret(connection, keys, row[0], webhook_secret or new_secret())
    if own_address:
        await set_own_number(connection, keys, row[0], own_address.partition("@")[0])
    if token:
        await set_token(connection, keys, row[0], token)
    else:
        await notify(connection, keys.tenant_id)
    return row[0]


async def set_token(connection: AsyncConnection[Any], keys: TenantKeys, connection_id: UUID, token: str) -> None:
    """Store a connection's token, encrypted with the tenant's key, and tell the listeners."""
    sealed = keys.encrypt(_TABLE, connection_id, token.encode())
    values = {"tenant_id": keys.tenant_id, "id": connection_id, "token_enc": sealed}
    await connection.execute(_QUERIES["set_token"], values)
    await notify(connection, keys.tenant_id)


async def set_own_number(connection: AsyncConnection[Any], keys: TenantKeys, connection_id: UUID, number: str) -> None:
    """Store the number of a connection's own account, encrypted, and tell the listeners; an empty one forgets it.

    A plain gateway's frames tell no direction: by this number it is known which are the company's own.

    Raises:
        InvalidInput: it is no phone number with its country.
    """
    sealed = keys.encrypt(_OWN_NUMBER, connection_id, _own_address(number).encode()) if number else None
    values = {"tenant_id": keys.tenant_id, "id": connection_id, "own_number_enc": sealed}
    await connection.execute(_QUERIES["set_own_number"], values)
    await notify(connection, keys.tenant_id)


def _own_address(number: str) -> str:
    digits = re.sub(r"[\s().+-]", "", number)
    found = parse_jid(digits) if re.fullmatch(r"[1-9][0-9]{9,14}", digits, re.ASCII) else None
    if found is None:
        raise InvalidInput("the own number must be a phone number with its country, like 5511987654321")
    return found.address


def open_own_address(keys: TenantKeys, connection_id: UUID, own_number_enc: bytes | None) -> str | None:
    """The address of a connection's own account, None when it was not given. Raises ConfigurationError."""
    return keys.decrypt(_OWN_NUMBER, connection_id, own_number_enc).decode() if own_number_enc else None


def open_token(keys: TenantKeys, connection_id: UUID, token_enc: bytes | None) -> str:
    """The token of a connection, empty when it has none. Raises ConfigurationError under foreign keys."""
    return keys.decrypt(_TABLE, connection_id, token_enc).decode() if token_enc else ""


async def remove_connection(connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID) -> None:
    """Stop listening for good; messages stay. Raises NotFound."""
    values = {"tenant_id": tenant_id, "id": connection_id}
    if await (await connection.execute(_QUERIES["remove_connection"], values)).fetchone() is None:
        raise NotFound
    await notify(connection, tenant_id)


async def set_active(
    connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID, *, is_active: bool
) -> None:
    """Pause or resume listening and tell the listeners."""
    values = {"tenant_id": tenant_id, "id": connection_id, "is_active": is_active}
    await connection.execute(_QUERIES["set_active"], values)
    await notify(connection, tenant_id)


async def move_connection(
    connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID, server_url: str
) -> None:
    """The same Evolution server is reached at another address; id, token and messages stay. Tells the listeners.

    Raises:
        NotFound: there is no such connection.
        Conflict: the tenant has this instance at that address already.
        InvalidInput: the address can't be used.
    """
    values = {"tenant_id": tenant_id, "id": connection_id, "server_url": normal_server_url(server_url)}
    try:
        row = await (await connection.execute(_QUERIES["move_connection"], values)).fetchone()
    except UniqueViolation as error:
        raise Conflict("the tenant listens to this instance at that address already") from error
    if row is None:
        raise NotFound
    await notify(connection, tenant_id)


async def list_connections(connection: AsyncConnection[Any], tenant_id: UUID | None = None) -> list[Connection]:
    """The connections of a tenant, or of all (pipeline only), by name."""
    async with connection.cursor(row_factory=class_row(Connection)) as cursor:
        await cursor.execute(_QUERIES["list_connections"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def listening(
    connection: AsyncConnection[Any], transports: Sequence[Transport] = ("socketio", "raw_websocket")
) -> list[Listening]:
    """Every connection of every tenant that a listener should hold."""
    return await _listening(connection, transports=list(transports))


async def listening_to(connection: AsyncConnection[Any], connection_id: UUID) -> Listening:
    """One active connection by id, whoever's it is. Raises NotFound, also when its company is not served now."""
    found = await _listening(connection, connection_id=connection_id)
    if not found:
        raise NotFound
    return found[0]


async def _listening(
    connection: AsyncConnection[Any], *, transports: list[Transport] | None = None, connection_id: UUID | None = None
) -> list[Listening]:
    async with connection.cursor(row_factory=class_row(Listening)) as cursor:
        wanted = {"transports": transports, "connection_id": connection_id}
        await cursor.execute(_QUERIES["listening"], wanted)
        return await cursor.fetchall()


async def notify(connection: AsyncConnection[Any], tenant_id: UUID) -> None:
    """Tell the listeners, at commit, that connections of a tenant changed."""
    await connection.execute(_QUERIES["notify"], {"tenant_id": tenant_id})


async def set_states(connection: AsyncConnection[Any], changes: Sequence[StateChange]) -> list[NewLiveEvent]:
    """Write states; answers the live events to publish, one per connection whose row really changed."""
    if not changes:
        return []
    values = {
        "tenant_ids": [change.tenant_id for change in changes],
        "connection_ids": [change.connection_id for change in changes],
        "states": [change.state for change in changes],
        "reasons": [change.reason for change in changes],
        "whatsapp_states": [change.whatsapp_state for change in changes],
    }
    rows = await (await connection.execute(_QUERIES["set_states"], values)).fetchall()
    return [state_event(*row) for row in rows]
