"""Wishes: every change asked of Stripe is written down before the call, and charged once whatever happens.

The row's id makes the idempotency key. A process that dies between Stripe's answer and our commit leaves an open
wish; the next attempt carries on with the same id, so Stripe answers what it answered before. A tenant has one open
wish at a time, whatever its kind: two changes of a subscription never overlap.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import Conflict, EvoSenseError, UpstreamTransient
from evosense.tenants.audit import record

_QUERIES = load("evosense.billing", "intents.sql")
# A wish is given up after so long, and another one may begin after the lease: what the first one sent last has surely
# been acted on by then, so two wishes never change one subscription at a time.
_DEADLINE_SECONDS: Final = 90.0
_LEASE: Final = timedelta(seconds=180)
# Stripe remembers idempotency keys for a day at least; an older wish must not be carried out by its old key.
_KEY_LIFE: Final = timedelta(hours=23)

_TOO_SLOW: Final = "Stripe takes too long to answer; nothing is charged twice, try the same again in a moment"

Kind = Literal["checkout", "change_plan", "set_addon", "cancel", "resume"]


class ChangeInProgress(Conflict):
    """Another change of this subscription is being carried out; try again in three minutes."""

    code = "change_in_progress"


@dataclass
class Intent:
    """An open wish. Set `result_id` to what came of it (a checkout, a subscription)."""

    tenant_id: UUID
    intent_id: UUID
    result_id: str | None = None

    def key(self, step: str) -> str:
        """The idempotency key of one call: the same in every attempt."""
        return idempotency_key(self.tenant_id, str(self.intent_id), step)


def idempotency_key(tenant_id: UUID, wish: str, step: str = "") -> str:
    """Hex SHA-256 of tenant, wish and step; says nothing about the tenant to who sees it."""
    return hashlib.sha256(f"{tenant_id}|{wish}|{step}".encode()).hexdigest()


@asynccontextmanager
async def carry_out(
    pool: AsyncPool, actor: Actor, kind: Kind, params: Mapping[str, Any], now: datetime
) -> AsyncGenerator[Intent]:
    """Open a wish (or take an interrupted one up again), close it after the block.

    Refused by Stripe or by us: the wish is over. Stripe away or too slow, or this process killed: it stays open for
    the retry.

    Raises:
        ChangeInProgress: another wish of the tenant is being carried out.
        UpstreamTransient: it took longer than 90 s.
    """
    async with tenant_transaction(pool, actor) as connection:
        intent = await _open(connection, actor, kind, params, now)
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            yield intent
    except TimeoutError:
        raise UpstreamTransient(_TOO_SLOW) from None
    except EvoSenseError as error:
        if not error.retryable:
            await _close(pool, actor, intent, kind, params, "refused", error.code)
        raise
    await _close(pool, actor, intent, kind, params, "done", None)


async def recent_checkouts(
    connection: AsyncConnection[Any], tenant_id: UUID, since: datetime
) -> list[tuple[UUID, dict[str, Any], str]]:
    """Intent, parameters and id of the checkout pages made since then, the newest first."""
    values = {"tenant_id": tenant_id, "since": since}
    return await (await connection.execute(_QUERIES["recent_checkouts"], values)).fetchall()


async def _open(
    connection: AsyncConnection[Any], actor: Actor, kind: Kind, params: Mapping[str, Any], now: datetime
) -> Intent:
    values: dict[str, Any] = {
        "tenant_id": actor.tenant_id,
        "intent_id": new_id(),
        "kind": kind,
        "params": Jsonb(dict(params)),
        "lease_until": now + _LEASE,
        "created_by": actor.name,
    }
    if await (await connection.execute(_QUERIES["begin"], values)).fetchone():
        return Intent(actor.tenant_id, values["intent_id"])
    found = await (await connection.execute(_QUERIES["open_intent"], values)).fetchone()
    if found is None:  # it was closed between the two statements
        raise ChangeInProgress
    intent_id, open_kind, open_params, lease_until, created_at = found
    same = (open_kind, open_params) == (kind, dict(params))
    if same and now - created_at < _KEY_LIFE:
        # The same wish again, a double click or a retry after a crash: the same key, so the same answer.
        await connection.execute(_QUERIES["extend"], values | {"intent_id": intent_id})
        return Intent(actor.tenant_id, intent_id)
    if lease_until > now:
        raise ChangeInProgress
    # Whoever wanted that is gone; what came of it shows when Stripe is asked, before anything is changed.
    await _finish(connection, actor.tenant_id, intent_id, "abandoned", None)
    await connection.execute(_QUERIES["begin"], values)
    return Intent(actor.tenant_id, values["intent_id"])


async def _close(
    pool: AsyncPool,
    actor: Actor,
    intent: Intent,
    kind: Kind,
    params: Mapping[str, Any],
    state: str,
    reason: str | None,
) -> None:
    async with tenant_transaction(pool, actor) as connection:
        await _finish(connection, actor.tenant_id, intent.intent_id, state, intent.result_id)
        await record(
            connection,
            actor.tenant_id,
            actor=actor.name,
            action=f"billing_{kind}",
            target=f"billing:{intent.result_id or intent.intent_id}",
            detail={"params": dict(params), "outcome": state, "reason": reason},
        )


async def _finish(
    connection: AsyncConnection[Any], tenant_id: UUID, intent_id: UUID, state: str, result_id: str | None
) -> None:
    values = {"tenant_id": tenant_id, "intent_id": intent_id, "state": state, "result_id": result_id}
    await connection.execute(_QUERIES["finish"], values)
