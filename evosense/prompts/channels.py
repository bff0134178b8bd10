"""Channels: which version is live for whom. Every move is an append-only event with actor, reason and report.

A tenant without a channel of its own inherits everybody's. Rolling back writes the inverse event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound, NotPermitted
from evosense.prompts.models import CHAMPION

_QUERIES = load("evosense.prompts", "channels.sql")


@dataclass(frozen=True, slots=True)
class Version:
    """A prompt version as listed; `channels` point to it for the asking tenant, `is_shared` means everybody's."""

    is_shared: bool
    prompt_hash: str
    name: str
    version_no: int
    template: dict[str, Any]
    output_schema: dict[str, Any]
    parent_hash: str | None
    author: str
    created_at: datetime
    channels: list[str]


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a channel points to for a tenant."""

    name: str
    channel: str
    prompt_hash: str
    is_inherited: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """One move."""

    id: UUID
    is_shared: bool
    name: str
    channel: str
    from_hash: str | None
    to_hash: str | None
    actor: str
    approver: str | None
    reason: str
    report_hash: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """What a move of champion needs: a second person, a passing report."""

    four_eyes: bool = False
    needs_report: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """A channel's move: who wants it, who agreed, why, and the report it rests on."""

    name: str
    channel: str
    actor: str
    reason: str
    approver: str | None = None
    report_hash: str | None = None


async def list_versions(
    connection: AsyncConnection[Any], tenant_id: UUID, *, name: str | None = None, prompt_hash: str | None = None
) -> list[Version]:
    """Versions that a tenant may use, newest first."""
    params = {"tenant_id": tenant_id, "name": name, "prompt_hash": prompt_hash}
    async with connection.cursor(row_factory=class_row(Version)) as cursor:
        await cursor.execute(_QUERIES["versions_by_name"], params)
        return await cursor.fetchall()


async def list_channels(connection: AsyncConnection[Any], tenant_id: UUID, name: str | None = None) -> list[Channel]:
    """Channels as they hold for a tenant, inherited ones included."""
    async with connection.cursor(row_factory=class_row(Channel)) as cursor:
        await cursor.execute(_QUERIES["channels"], {"tenant_id": tenant_id, "name": name})
        return await cursor.fetchall()


async def list_events(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    name: str | None = None,
    channel: str | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[ChannelEvent]:
    """Moves that concern a tenant, newest first; `before`: the last one of the page before."""
    params = {"tenant_id": tenant_id, "name": name, "channel": channel, "before": before, "limit": limit}
    async with connection.cursor(row_factory=class_row(ChannelEvent)) as cursor:
        await cursor.execute(_QUERIES["events"], params)
        return await cursor.fetchall()


async def resolve(connection: AsyncConnection[Any], tenant_id: UUID, name: str, reference: str) -> str:
    """The hash behind `champion` (or another channel), `v7`, or the beginning of a hash.

    Raises:
        NotFound: nothing is called so; says what there is.
        InvalidInput: the beginning of a hash fits several versions.
    """
    channels = {c.channel: c.prompt_hash for c in await list_channels(connection, tenant_id, name)}
    if reference in channels:
        return channels[reference]
    versions = await list_versions(connection, tenant_id, name=name)
    found = {v.prompt_hash for v in versions if _is_meant(v, reference)}
    own = {v.prompt_hash for v in versions if _is_meant(v, reference) and not v.is_shared}
    if len(own or found) == 1:
        return next(iter(own or found))
    if found:
        message = f"{reference} fits {len(found)} versions of {name}; give more of the hash"
        raise InvalidInput(message)
    known = ", ".join([*sorted(channels), *(f"v{v.version_no}" for v in versions[:10])]) or "nothing yet"
    message = f"{name}@{reference} is unknown; there is {known}"
    raise NotFound(message)


def _is_meant(version: Version, reference: str) -> bool:
    if reference == f"v{version.version_no}":
        return True
    digest = version.prompt_hash.removeprefix("p1:")
    return len(reference) >= 7 and digest.startswith(reference.removeprefix("p1:"))


async def policy_of(connection: AsyncConnection[Any], tenant_id: UUID, name: str) -> Policy:
    """What a move of champion needs."""
    async with connection.cursor(row_factory=class_row(Policy)) as cursor:
        await cursor.execute(_QUERIES["policy"], {"tenant_id": tenant_id, "name": name})
        return await cursor.fetchone() or Policy()


async def set_policy(connection: AsyncConnection[Any], tenant_id: UUID, name: str, policy: Policy) -> None:
    """Change what a move of champion needs."""
    params = {
        "tenant_id": tenant_id,
        "name": name,
        "four_eyes": policy.four_eyes,
        "needs_report": policy.needs_report,
    }
    await connection.execute(_QUERIES["set_policy"], params)


async def point(connection: AsyncConnection[Any], tenant_id: UUID, prompt_hash: str, move: Move) -> None:
    """Let a channel point to a version, with its event, in the caller's transaction.

    Whether champion may move is decided by `evosense.experiments.promotion`; four eyes are checked here, for all.

    Raises:
        NotFound: the tenant has no such version.
        Conflict: the channel points there already.
        NotPermitted: champion needs a second person's approval.
    """
    if not await list_versions(connection, tenant_id, name=move.name, prompt_hash=prompt_hash):
        message = f"no version {prompt_hash} of {move.name} to point to"
        raise NotFound(message)
    await _check_eyes(connection, tenant_id, move)
    former = await _lock(connection, tenant_id, move)
    if former == prompt_hash:
        message = f"{move.channel} points there already"
        raise Conflict(message)
    await connection.execute(_QUERIES["point_channel"], {**_key(tenant_id, move), "prompt_hash": prompt_hash})
    await _record(connection, tenant_id, move, former, prompt_hash)


async def roll_back(connection: AsyncConnection[Any], tenant_id: UUID, move: Move) -> str | None:
    """Undo the tenant's latest move of a channel; answers where it points now (None: everybody's holds again).

    Where four eyes are wanted, one person may take back what two agreed on, so that harm ends at once; moving forward
    again, which undoing a rollback is, takes two.

    Raises:
        Conflict: the tenant never moved this channel, or everybody's would be left without a version.
        NotPermitted: it would move forward again, and champion needs a second person's approval.
        InvalidInput: no reason.
    """
    former = await _lock(connection, tenant_id, move)
    params = _key(tenant_id, move)
    row = await (await connection.execute(_QUERIES["last_own_event"], params)).fetchone()
    if row is None or not row[2]:
        await _check_eyes(connection, tenant_id, move)
    _check_reason(move)
    if row is None or former is None or (row[0] is None and tenant_id.int == 0):
        message = f"{move.channel} of {move.name} has no earlier version to go back to"
        raise Conflict(message)
    target = None if row[0] is None else str(row[0])
    if target is None:
        await connection.execute(_QUERIES["drop_channel"], params)
    else:
        await connection.execute(_QUERIES["point_channel"], {**params, "prompt_hash": target})
    await _record(connection, tenant_id, move, former, target)
    return target


def _check_reason(move: Move) -> None:
    if not move.reason.strip():
        message = "say why: a move without a reason can't be understood later"
        raise InvalidInput(message)


async def _check_eyes(connection: AsyncConnection[Any], tenant_id: UUID, move: Move) -> None:
    _check_reason(move)
    policy = await policy_of(connection, tenant_id, move.name)
    if move.channel == CHAMPION and policy.four_eyes and move.approver in (None, "", move.actor):
        message = "champion needs a second person: propose the move, and somebody other than you approves it"
        raise NotPermitted(message)


async def _lock(connection: AsyncConnection[Any], tenant_id: UUID, move: Move) -> str | None:
    row = await (await connection.execute(_QUERIES["lock_channel"], _key(tenant_id, move))).fetchone()
    return str(row[0]) if row else None


def _key(tenant_id: UUID, move: Move) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "name": move.name, "channel": move.channel}


async def _record(
    connection: AsyncConnection[Any], tenant_id: UUID, move: Move, former: str | None, target: str | None
) -> None:
    await connection.execute(
        _QUERIES["record_event"],
        {
            **_key(tenant_id, move),
            "id": new_id(),
            "from_hash": former,
            "to_hash": target,
            "actor": move.actor,
            "approver": move.approver,
            "reason": move.reason,
            "report_hash": move.report_hash,
        },
    )
