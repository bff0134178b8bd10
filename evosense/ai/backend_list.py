"""The ordered lists of backends in the database: everybody's and tenants' own. Secrets are named, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.student.model import PROVIDER
from evosense.ai.student.repository import read_student
from evosense.db.ids import EVERYONE
from evosense.db.named_queries import load
from evosense.errors import ConfigurationError, Conflict, NotFound
from evosense.log import get_logger

_QUERIES = load("evosense.ai", "backend_list.sql")
_log = get_logger(__name__)


async def read_lists(connection: AsyncConnection[Any], secrets: Mapping[str, str]) -> dict[UUID, list[BackendSpec]]:
    """Backends by tenant (EVERYONE for everybody), in order. A secret that AI_SECRETS does not hold stays empty."""
    lists: dict[UUID, list[BackendSpec]] = {}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["lists"])
        rows = await cursor.fetchall()
    for row in rows:
        tenant_id, secret_name = row.pop("tenant_id"), row.pop("secret_name")
        del row["position"]
        if secret_name and secret_name not in secrets:
            _log.warning("ai_secret_missing", backend=row["name"], secret_name=secret_name)
        if row["provider"] == PROVIDER:
            row |= await _learned(connection, tenant_id)
        lists.setdefault(tenant_id, []).append(BackendSpec(**row, secret=secrets.get(secret_name, "")))
    return lists


async def _learned(connection: AsyncConnection[Any], tenant_id: UUID) -> dict[str, Any]:
    """What a spec needs of the tenant's student; nothing before its first training, and then the spec can't be used."""
    student = await read_student(connection, tenant_id)
    return {"model": student.config.config_hash, "params": {"student": student}} if student else {}


async def put_backend(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    spec: BackendSpec,
    *,
    secret_name: str = "",
    position: int | None = None,
) -> None:
    """Add or replace a backend; at the end of the list, or where it was, when no position is given.

    Raises:
        ConfigurationError: the spec misses something, has a password in its address, or everybody is to have one
            tenant's student.
        Conflict: another backend has the position.
    """
    spec.check()
    if "@" in urlsplit(spec.url).netloc:  # it would be stored and shown, and is not sent
        raise ConfigurationError(
            f"AI backend {spec.name}: an address holds no password: put it into AI_SECRETS, name it"
        )
    if spec.provider == PROVIDER and tenant_id == EVERYONE:
        raise ConfigurationError("a student is learned from one tenant's scores: put it on that tenant's list")
    params = {
        "tenant_id": tenant_id,
        "name": spec.name,
        "position": position,
        "provider": spec.provider,
        "url": spec.url,
        "model": spec.model,
        "secret_name": secret_name,
        "slots": spec.slots,
        "timeout_seconds": spec.timeout_seconds,
        "usd_per_mtok_in": spec.usd_per_mtok_in,
        "usd_per_mtok_out": spec.usd_per_mtok_out,
        "params": orjson.dumps(dict(spec.params)).decode(),
    }
    try:
        async with connection.transaction():
            await connection.execute(_QUERIES["put"], params)
    except UniqueViolation:
        raise Conflict(f"another backend of this list has position {position}: choose another, or move it") from None


async def remove_backend(connection: AsyncConnection[Any], tenant_id: UUID, name: str) -> None:
    """Take a backend off a list. Raises NotFound."""
    if await (await connection.execute(_QUERIES["remove"], {"tenant_id": tenant_id, "name": name})).fetchone() is None:
        raise NotFound(f"there is no backend {name} on this list")
