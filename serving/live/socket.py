"""`/ws/tenant/{id}/`: live events of one company. The company comes from the token, never from the path alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from psycopg_pool import PoolTimeout

from evosense.db.tenancy import tenant_transaction
from evosense.errors import EvoSenseError, NotAuthenticated, RateLimited
from evosense.live import catch_up
from evosense.live.hub import Subscriber
from evosense.live.models import CatchUp
from evosense.log import get_logger
from evosense.tenants.access_tokens import Access
from serving.live.protocol import writer_of
from serving.live.session import Closed, Greeting, Session, admit, greeting
from serving.permissions import require
from serving.resources import Resources

router = APIRouter()
SUBPROTOCOL = "evosense.v1"
_BEARER = "bearer."
_GREETING_SECONDS = 10.0
_CLOSING_SECONDS = 2.0
# Who is deactivated, or whose company's subscription ends, hears on for so long at most.
_RECHECK_SECONDS = 15.0
_log = get_logger(__name__)


@router.websocket("/ws/tenant/{tenant_id}/")
async def hear_tenant(websocket: WebSocket, tenant_id: str) -> None:
    """Serve one client until either side ends it."""
    found: Resources = websocket.app.state.resources
    if not found.origins.allows(websocket.headers.get("origin"), websocket.headers.get("host")):
        await websocket.close(4403)  # before accepting: the browser sees a plain 403
        return
    offered = websocket.scope.get("subprotocols", [])
    await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    try:
        await _serve(websocket, found, tenant_id, offered)
    except Closed as closed:
        found.monitoring.live_closed(closed.code)
        await _close(websocket, closed.code, closed.reason)
    except (psycopg.Error, PoolTimeout) as error:
        _log.warning("live_client_failed", error_class=type(error).__name__)
        found.monitoring.live_closed(1013)
        await _close(websocket, 1013, "the database is away; connect again")
    except WebSocketDisconnect:
        pass


async def _serve(websocket: WebSocket, found: Resources, tenant_id: str, offered: list[str]) -> None:
    first = await _greeting(websocket, offered)
    access = admit(found.tokens, first.token, tenant_id)
    require("hear_live", access.role)
    await _check(websocket, found, access)
    subscriber = Subscriber(access.role)
    try:
        await found.hub.join(access.tenant_id, subscriber)
    except RateLimited as error:
        raise Closed(4429, error.detail) from error
    found.monitoring.live_opened()
    try:
        await _converse(websocket, found, Session(access, found.tokens, subscriber), access, first.since)
    finally:
        found.monitoring.live_left()
        await found.hub.leave(access.tenant_id, subscriber)


async def _greeting(websocket: WebSocket, offered: list[str]) -> Greeting:
    for protocol in offered:
        if protocol.startswith(_BEARER):
            since = websocket.query_params.get("since", "")
            return Greeting(protocol.removeprefix(_BEARER), int(since) if since.isdecimal() else None)
    try:
        return greeting(await asyncio.wait_for(websocket.receive_text(), _GREETING_SECONDS))
    except TimeoutError:
        raise Closed(4401, "send an auth frame first") from None
    except KeyError:  # a binary frame
        raise Closed(4400, "frames are text") from None


async def _converse(
    websocket: WebSocket, found: Resources, session: Session, access: Access, since: int | None
) -> None:
    async def read(after: int) -> CatchUp:
        async with tenant_transaction(found.pool, access.actor) as connection:
            return await catch_up.catch_up(connection, access.tenant_id, after)

    async def receive() -> str:
        try:
            return await websocket.receive_text()
        except KeyError:
            raise Closed(4400, "frames are text") from None

    async with tenant_transaction(found.pool, access.actor) as connection:
        newest = await catch_up.newest(connection, access.tenant_id)
    await session.catch_up(since, newest, read, websocket.send_text)
    session.go_live(writer_of(websocket))
    await _first_to_end(
        session.listen(receive),
        session.watch(lambda: _check(websocket, found, access), _RECHECK_SECONDS),
    )


async def _check(websocket: WebSocket, found: Resources, access: Access) -> None:
    """Raise Closed unless the person still is who the token says (4401), and the company may look (4402)."""
    found.access_log.note(access.actor, websocket.client.host if websocket.client else "")
    try:
        await found.principals.require(access)
        await found.standings.require(access.tenant_id, writing=False)
    except NotAuthenticated as error:
        raise Closed(4401, error.detail) from error
    except EvoSenseError as error:
        raise Closed(4402, error.detail) from error


async def _first_to_end(*parts: asyncio._CoroutineLike[None]) -> None:  # pyright: ignore[reportPrivateUsage]
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    # A client that reads nothing does not read the close frame either.
    with suppress(RuntimeError, TimeoutError, WebSocketDisconnect):
        await asyncio.wait_for(websocket.close(code, reason), _CLOSING_SECONDS)
