"""WhatsApp numbers that are listened to: add, look at, test, pair, change, remove."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, status
from psycopg import AsyncConnection

from evosense.billing.places import add_connection, resume_connection
from evosense.connections import repository
from evosense.connections.addresses import checked_address, normal_server_url
from evosense.connections.overview import Overview, get_overview, list_gaps, rename_connection
from evosense.connections.probe import Server, begin_pairing, examine
from evosense.connections.webhook_secrets import new_secret, set_webhook_secret
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.tenants.audit import record
from evosense.tenants.repository import open_keys
from serving.dependencies import Allowed, ResourcesDep, public_address
from serving.permissions import require
from serving.resources import Resources
from serving.schemas.connections import (
    AddedConnection,
    Connection,
    ConnectionChange,
    ConnectionStatus,
    Examined,
    NewConnection,
    WebhookDoor,
)
from serving.schemas.problem import problems

router = APIRouter(tags=["connections"])
Reader = Annotated[Actor, Depends(Allowed("read_connections"))]
Owner = Annotated[Actor, Depends(Allowed("manage_connections"))]
SECRET_HEADER = "X-EvoSense-Secret"  # noqa: S105 - a header's name
_ONE = problems(401, 402, 403, 404, 422, 503)
_CHANGES = problems(401, 402, 403, 404, 409, 413, 422, 503)


@router.get("/api/connections", operation_id="list_connections", responses=problems(401, 402, 403, 503))
async def get_connections(caller: Reader, found: ResourcesDep) -> list[Connection]:
    """Your company's connections, by name."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [Connection.of(one) for one in await repository.list_connections(connection, caller.tenant_id)]


@router.post("/api/connections", operation_id="add_connection", status_code=status.HTTP_201_CREATED, responses=_CHANGES)
async def post_connection(wish: NewConnection, caller: Owner, found: ResourcesDep, request: Request) -> AddedConnection:
    """Listen to an instance, if the plan has room for one more. The listener joins it within seconds.

    With `transport: webhook` the answer carries, this one time, the address and secret that the server has to use.
    """
    url = normal_server_url(wish.server_url or found.evolution.evo_base_url)
    await checked_address(url, allowed=found.evolution.evo_allowed_networks)
    secret = new_secret() if wish.transport == "webhook" else None
    async with tenant_transaction(found.pool, caller) as connection:
        keys = await open_keys(connection, found.master, caller.tenant_id)
        connection_id = await add_connection(
            connection,
            keys,
            name=wish.name,
            server_url=url,
            instance=wish.instance,
            token=wish.token.get_secret_value(),
            transport=wish.transport,
            webhook_secret=secret,
            own_number=wish.own_number,
        )
        await _note(connection, caller, "connection_added", connection_id, {"transport": wish.transport})
        return _answer(await get_overview(connection, caller.tenant_id, connection_id), secret, request, found)


@router.get("/api/connections/{connection_id}", operation_id="get_connection", responses=_ONE)
async def get_connection(connection_id: UUID, caller: Reader, found: ResourcesDep) -> Connection:
    """One connection."""
    async with tenant_transaction(found.pool, caller) as connection:
        return Connection.of(await get_overview(connection, caller.tenant_id, connection_id))


@router.patch("/api/connections/{connection_id}", operation_id="change_connection", responses=_CHANGES)
async def patch_connection(
    connection_id: UUID, change: ConnectionChange, caller: Owner, found: ResourcesDep, request: Request
) -> AddedConnection:
    """Rename, pause, resume, move to another address, give another token; all of it or nothing."""
    if change.server_url is not None:
        url = normal_server_url(change.server_url)
        await checked_address(url, allowed=found.evolution.evo_allowed_networks)
    secret = new_secret() if change.new_webhook_secret else None
    async with tenant_transaction(found.pool, caller) as connection:
        await get_overview(connection, caller.tenant_id, connection_id)
        await _apply(connection, found, caller.tenant_id, connection_id, change)
        if secret is not None:
            keys = await open_keys(connection, found.master, caller.tenant_id)
            await set_webhook_secret(connection, keys, connection_id, secret)
        changed = {"fields": sorted(change.model_fields_set)}
        await _note(connection, caller, "connection_changed", connection_id, changed)
        return _answer(await get_overview(connection, caller.tenant_id, connection_id), secret, request, found)


@router.delete(
    "/api/connections/{connection_id}",
    operation_id="remove_connection",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=_ONE,
)
async def delete_connection(connection_id: UUID, caller: Owner, found: ResourcesDep) -> None:
    """Stop listening for good and forget the token. What was heard stays; adding the instance again revives it."""
    async with tenant_transaction(found.pool, caller) as connection:
        await repository.remove_connection(connection, caller.tenant_id, connection_id)
        await _note(connection, caller, "connection_removed", connection_id, {})


@router.post("/api/connections/{connection_id}/test", operation_id="test_connection", responses=_ONE)
async def post_test(connection_id: UUID, caller: Owner, found: ResourcesDep) -> Examined:
    """Ask the server now: does it answer, is the token right, is a phone linked. Waits 16 s at most."""
    async with tenant_transaction(found.pool, caller) as connection:
        one = await get_overview(connection, caller.tenant_id, connection_id)
        server = await _server(connection, found, one)
    allowed = found.evolution.evo_allowed_networks
    return Examined.of(await examine(server, one.transport, allowed=allowed))


@router.get("/api/connections/{connection_id}/status", operation_id="get_connection_status", responses=_ONE)
async def get_status(
    connection_id: UUID,
    caller: Reader,
    found: ResourcesDep,
    pair: Annotated[bool, Query(description="Also get a QR code to link a phone; administrators only")] = False,
) -> ConnectionStatus:
    """State, health and gaps; with `pair` the QR code too, as long as no phone is linked."""
    if pair:
        require("manage_connections", caller.role, caller.scopes)
    async with tenant_transaction(found.pool, caller) as connection:
        one = await get_overview(connection, caller.tenant_id, connection_id)
        gaps = await list_gaps(connection, caller.tenant_id, connection_id)
        server = await _server(connection, found, one) if pair and one.transport != "raw_websocket" else None
    pairing = None
    if server is not None:
        pairing = await begin_pairing(server, allowed=found.evolution.evo_allowed_networks)
    return ConnectionStatus.of(one, gaps, pairing)


async def _apply(
    connection: AsyncConnection[Any], found: Resources, tenant_id: UUID, connection_id: UUID, change: ConnectionChange
) -> None:
    if change.name is not None:
        await rename_connection(connection, tenant_id, connection_id, change.name)
    if change.server_url is not None:
        await repository.move_connection(connection, tenant_id, connection_id, change.server_url)
    if change.token is not None:
        keys = await open_keys(connection, found.master, tenant_id)
        await repository.set_token(connection, keys, connection_id, change.token.get_secret_value())
    if change.own_number is not None:
        keys = await open_keys(connection, found.master, tenant_id)
        await repository.set_own_number(connection, keys, connection_id, change.own_number)
    if change.is_active is False:
        await repository.set_active(connection, tenant_id, connection_id, is_active=False)
    elif change.is_active:
        await resume_connection(connection, tenant_id, connection_id)


async def _server(connection: AsyncConnection[Any], found: Resources, one: Overview) -> Server:
    keys = await open_keys(connection, found.master, one.tenant_id)
    return Server(one.server_url, one.instance, repository.open_token(keys, one.id, one.token_enc))


async def _note(
    connection: AsyncConnection[Any], caller: Actor, action: str, connection_id: UUID, detail: dict[str, Any]
) -> None:
    target = f"connection:{connection_id}"
    await record(connection, caller.tenant_id, actor=caller.name, action=action, target=target, detail=detail)


def _answer(one: Overview, secret: str | None, request: Request, found: Resources) -> AddedConnection:
    door = None
    if secret is not None:
        url = f"{public_address(request, found)}/api/webhooks/evolution/{one.id}"
        door = WebhookDoor(url=url, header=SECRET_HEADER, secret=secret)
    return AddedConnection(**Connection.of(one).model_dump(), webhook=door)
