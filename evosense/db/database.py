"""Connecting to Postgres: one pool per process, each connection taking the process's role at start-up.

Roles: `evosense_api` (serving), `evosense_pipeline` (ingestion, Dagster, dbt), `evosense_analyst` (notebooks),
`evosense_platform` (the platform's own people).
The login of DATABASE_URL must be a member of the role, which `evosense migrate` sees to.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from evosense.errors import ConfigurationError

Role = Literal["evosense_owner", "evosense_api", "evosense_pipeline", "evosense_analyst", "evosense_platform"]
AsyncPool = AsyncConnectionPool[AsyncConnection[TupleRow]]
#: The database can't be reached, or what answers is a standby that is not promoted yet: waiting helps.
AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, ReadOnlySqlTransaction)


def conninfo(url: str, role: Role | None = None, *, application: str = "evosense", plan_once: bool = False) -> str:
    """Libpq's key=value form of `url`, with the start-up options that every connection of ours carries.

    `plan_once`: a prepared statement keeps its plan. For processes that send the same few statements all day with
    arrays of any length, where planning anew each time costs more than it finds.

    Raises:
        ConfigurationError: `url` is no Postgres URL.
    """
    try:
        params = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        message = "DATABASE_URL can't be read as a Postgres URL; write postgresql://user:password@host:5432/database"
        raise ConfigurationError(message) from error
    options = [str(params["options"])] if params.get("options") else []
    if role:
        options.append(f"-c role={role}")
    options.append("-c timezone=UTC")
    if plan_once:
        options.append("-c plan_cache_mode=force_generic_plan")
    params["options"] = " ".join(options)
    params.setdefault("application_name", application)
    params.setdefault("connect_timeout", "10")
    return make_conninfo("", **{key: value for key, value in params.items() if value is not None})


@asynccontextmanager
async def open_pool(
    url: str,
    role: Role,
    *,
    min_size: int = 1,
    max_size: int = 8,
    application: str = "evosense",
    wait_seconds: float = 30,
    plan_once: bool = False,
) -> AsyncGenerator[AsyncPool]:
    """A pool of connections in `role`, opened and closed around the block. Waiting for one ends in PoolTimeout."""
    pool: AsyncPool = AsyncConnectionPool(
        conninfo(url, role, application=application, plan_once=plan_once),
        min_size=min_size,
        max_size=max_size,
        open=False,
        timeout=wait_seconds,
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


async def connect(
    url: str, role: Role | None, *, autocommit: bool = True, application: str = "evosense"
) -> AsyncConnection[TupleRow]:
    """One asyncio connection outside of any pool, as LISTEN needs it."""
    return await AsyncConnection.connect(conninfo(url, role, application=application), autocommit=autocommit)


def refusal(error: psycopg.Error) -> str:
    """Why a server refused, in one line: libpq's first line without its prefix; it never holds the password."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return first.removeprefix("connection failed: ").strip()


def server_away(error: psycopg.OperationalError) -> ConfigurationError:
    """The one sentence for a server that can't be reached. The driver's text may name host and user, no password."""
    return ConfigurationError(
        f"can't connect to DATABASE_URL's server ({refusal(error)}): start it or correct the setting"
    )


def connect_sync(url: str, role: Role | None, **options: Any) -> Connection[TupleRow]:
    """One blocking connection, for migrations, Dagster assets and notebooks. `options` go to psycopg."""
    return psycopg.connect(conninfo(url, role), **options)
