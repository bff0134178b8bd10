"""How the process is: for whoever restarts it, sends it traffic, or measures it."""

from __future__ import annotations

import hmac
import ipaddress
import time

import psycopg
from fastapi import APIRouter, Request, Response
from psycopg_pool import PoolTimeout
from starlette.status import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from evosense.db.database import AsyncPool
from evosense.db.migrate import missing
from evosense.errors import NotFound
from evosense.log import get_logger
from serving.dependencies import ResourcesDep, client_address
from serving.resources import Resources
from serving.schemas.health import Health, Readiness
from serving.vitals import Vitals, look

router = APIRouter(tags=["health"])
_DATABASE_SECONDS = 2.0
_log = get_logger(__name__)


@router.get("/health", operation_id="get_health")
async def get_health() -> Health:
    """The process is alive; says nothing about what it needs."""
    return Health()


@router.get("/ping", operation_id="ping")
async def ping() -> Health:
    """Answers at once, without the database: the floor that other endpoints' times are held against."""
    return Health()


@router.get("/ready", operation_id="get_readiness", responses={503: {"model": Readiness}})
async def get_readiness(found: ResourcesDep, response: Response) -> Readiness:
    """Whether this process can serve: database, migrations, live connection. 503 when it can't.

    The queue's lag is told and decides nothing: an API process can serve while models are behind.
    """
    milliseconds, pending = await _ask_database(found.pool)
    vitals = await _vitals(found.pool) if milliseconds is not None and not pending else None
    is_live = found.listener.connected.is_set()
    is_ready = milliseconds is not None and not pending and is_live
    response.status_code = HTTP_200_OK if is_ready else HTTP_503_SERVICE_UNAVAILABLE
    silence = found.listener.silence_seconds
    return Readiness(
        status="ready" if is_ready else "not_ready",
        database="unreachable" if milliseconds is None else "ok",
        database_ms=milliseconds,
        pending_migrations=pending,
        queue_waiting=vitals.tasks_waiting if vitals else None,
        queue_lag_seconds=round(vitals.oldest_task_seconds, 1) if vitals else None,
        live="ok" if is_live else "connecting",
        live_silence_seconds=None if silence is None else round(silence, 1),
    )


@router.get("/metrics", operation_id="get_process_metrics", response_class=Response)
async def get_process_metrics(request: Request, found: ResourcesDep) -> Response:
    """Prometheus' text format; for callers on this machine, or with METRICS_TOKEN as bearer token."""
    if not _may_measure(request, found):
        raise NotFound
    return Response(
        found.monitoring.render(await _vitals(found.pool)), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


async def _ask_database(pool: AsyncPool) -> tuple[float | None, list[str]]:
    try:
        async with pool.connection(timeout=_DATABASE_SECONDS) as connection:
            started = time.perf_counter()
            await connection.execute("select 1")
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            return milliseconds, await missing(connection)
    except (psycopg.Error, PoolTimeout):
        return None, []


async def _vitals(pool: AsyncPool) -> Vitals | None:
    try:
        return await look(pool, wait_seconds=_DATABASE_SECONDS)
    except (psycopg.Error, PoolTimeout) as error:
        _log.warning("vitals_unknown", error_class=type(error).__name__)
        return None


def _may_measure(request: Request, found: Resources) -> bool:
    token = found.settings.metrics_token
    if token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
    # Behind a proxy on this machine every caller looks local, so forwarded requests need the token.
    if "forwarded" in request.headers or "x-forwarded-for" in request.headers:
        return False
    address = client_address(request)
    return bool(address) and ipaddress.ip_address(address).is_loopback
