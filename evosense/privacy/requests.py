"""Requests of people about their data, in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.privacy.models import DUE_AFTER, Kind, PrivacyRequest, State
from evosense.tenants.keys import MasterKey, TenantKeys
from evosense.tenants.repository import open_keys

_QUERIES = load("evosense.privacy", "requests.sql")
_TABLE = "privacy_answer"


async def open_request(
    connection: AsyncConnection[Any],
    master: MasterKey,
    tenant_id: UUID,
    kind: Kind,
    jid_hmacs: Sequence[bytes],
    *,
    requested_by: str,
    correct_name: str | None = None,
    now: datetime | None = None,
) -> UUID:
    """Write a request down; a worker answers it within minutes. Answers its id.

    Raises:
        InvalidInput: a correction without a name, or a name with another kind.
    """
    if (kind == "correct") != bool(correct_name):
        message = "give `name` with kind `correct`, and only with it"
        raise InvalidInput(message)
    now = now or datetime.now(UTC)
    request_id = new_id()
    correction = None
    if correct_name:
        keys = await open_keys(connection, master, tenant_id)
        correction = keys.encrypt("privacy_request", request_id, correct_name.encode())
    values = {
        "tenant_id": tenant_id,
        "id": request_id,
        "kind": kind,
        "jid_hmacs": list(jid_hmacs),
        "correction_enc": correction,
        "requested_by": requested_by,
        "requested_at": now,
        "due_at": now + DUE_AFTER,
    }
    await connection.execute(_QUERIES["add_request"], values)
    await audit(connection, tenant_id, requested_by, f"privacy_{kind}_requested", f"privacy_request:{request_id}")
    return request_id


async def get_request(connection: AsyncConnection[Any], tenant_id: UUID, request_id: UUID) -> PrivacyRequest:
    """A request by id. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(PrivacyRequest)) as cursor:
        await cursor.execute(_QUERIES["get_request"], {"tenant_id": tenant_id, "id": request_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound
    return found


async def list_requests(
    connection: AsyncConnection[Any], tenant_id: UUID, *, before: UUID | None = None, limit: int = 100
) -> list[PrivacyRequest]:
    """The tenant's requests: open ones first, soonest due on top. `before`: the last one of the page before."""
    async with connection.cursor(row_factory=class_row(PrivacyRequest)) as cursor:
        values = {"tenant_id": tenant_id, "before": before, "limit": limit}
        await cursor.execute(_QUERIES["list_requests"], values)
        return await cursor.fetchall()


async def open_requests(connection: AsyncConnection[Any]) -> list[tuple[UUID, UUID]]:
    """Tenant and id of every request that waits for a worker, oldest first."""
    return [(row[0], row[1]) for row in await (await connection.execute(_QUERIES["open_requests"])).fetchall()]


async def overdue_requests(connection: AsyncConnection[Any]) -> tuple[int, int]:
    """How many requests of all tenants are open after their due date, and how many within two days of it."""
    row = await (await connection.execute(_QUERIES["overdue_requests"])).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def begin_request(connection: AsyncConnection[Any], tenant_id: UUID, request_id: UUID) -> bool:
    """Take a request up; False when it is over."""
    found = await connection.execute(_QUERIES["begin_request"], {"tenant_id": tenant_id, "id": request_id})
    return await found.fetchone() is not None


async def end_request(
    connection: AsyncConnection[Any],
    asked: PrivacyRequest,
    state: State,
    *,
    counts: Mapping[str, int] | None = None,
    reason: str | None = None,
    certificate: bytes | None = None,
    certificate_hash: str | None = None,
) -> None:
    """Close a request that is being worked on."""
    values = {
        "tenant_id": asked.tenant_id,
        "id": asked.id,
        "state": state,
        "reason": reason,
        "counts": Jsonb(dict(counts or {})),
        "certificate": certificate,
        "certificate_hash": certificate_hash,
    }
    await connection.execute(_QUERIES["end_request"], values)
    await audit(
        connection,
        asked.tenant_id,
        "privacy",
        f"privacy_{asked.kind}_{state}",
        f"privacy_request:{asked.id}",
        {"reason": reason, "certificate_hash": certificate_hash},
    )


async def cancel_request(connection: AsyncConnection[Any], tenant_id: UUID, request_id: UUID, *, by: str) -> None:
    """Take a request back that nobody has begun. Raises NotFound, Conflict."""
    key = {"tenant_id": tenant_id, "id": request_id}
    if await (await connection.execute(_QUERIES["cancel_request"], key)).fetchone() is None:
        state = (await get_request(connection, tenant_id, request_id)).state
        message = f"this request is {state}; only one that waits can be canceled"
        raise Conflict(message)
    await audit(connection, tenant_id, by, "privacy_request_canceled", f"privacy_request:{request_id}")


async def get_certificate(connection: AsyncConnection[Any], tenant_id: UUID, request_id: UUID) -> bytes:
    """The certificate of an erasure, as canonical JSON. Raises NotFound."""
    found = await connection.execute(_QUERIES["certificate"], {"tenant_id": tenant_id, "id": request_id})
    row = await found.fetchone()
    if row is None:
        raise NotFound
    return bytes(row[0])


async def store_answer(
    connection: AsyncConnection[Any], keys: TenantKeys, asked: PrivacyRequest, content: bytes, expires_at: datetime
) -> None:
    """Keep a person's data for the one who asked, encrypted."""
    sealed = keys.encrypt(_TABLE, asked.id, content)
    values = {"tenant_id": asked.tenant_id, "id": asked.id, "content_enc": sealed, "expires_at": expires_at}
    await connection.execute(_QUERIES["store_answer"], values)


async def get_answer(connection: AsyncConnection[Any], master: MasterKey, tenant_id: UUID, request_id: UUID) -> bytes:
    """The zip of an answered request. Raises NotFound when there is none (any more)."""
    found = await connection.execute(_QUERIES["get_answer"], {"tenant_id": tenant_id, "id": request_id})
    row = await found.fetchone()
    if row is None:
        raise NotFound
    keys = await open_keys(connection, master, tenant_id)
    return keys.decrypt(_TABLE, request_id, bytes(row[0]))


async def audit(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    actor: str,
    action: str,
    target: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note an act that somebody may have to answer for: ids, codes and hashes only."""
    values = {
        "tenant_id": tenant_id,
        "audit_id": new_id(),
        "actor": actor,
        "action": action,
        "target": target,
        "detail": Jsonb({key: value for key, value in (detail or {}).items() if value is not None}),
    }
    await connection.execute(_QUERIES["audit"], values)
