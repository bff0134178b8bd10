"""Four eyes: a move of a channel that one person wants and another one agrees to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound, NotPermitted
from evosense.experiments.promotion import check_evidence, promote
from evosense.prompts.channels import Move

_QUERIES = load("evosense.experiments", "proposals.sql")
ProposalState = Literal["open", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move that waits for, or got, a second person's word."""

    id: UUID
    name: str
    channel: str
    prompt_hash: str
    report_hash: str | None
    reason: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


async def propose(connection: AsyncConnection[Any], tenant_id: UUID, prompt_hash: str, move: Move) -> UUID:
    """Ask for a second person's agreement; answers the proposal's id. The evidence is checked now and again then.

    Raises:
        InvalidInput: no reason, or champion without the report that the policy wants.
        Conflict: the report did not pass, is about another version, or about a former champion.
        NotFound: no such report.
    """
    if not move.reason.strip():
        message = "say why: a move without a reason can't be understood later"
        raise InvalidInput(message)
    await check_evidence(connection, tenant_id, prompt_hash, move)
    proposal_id = new_id()
    params = {
        "tenant_id": tenant_id,
        "id": proposal_id,
        "name": move.name,
        "channel": move.channel,
        "prompt_hash": prompt_hash,
        "report_hash": move.report_hash,
        "reason": move.reason,
        "proposed_by": move.actor,
    }
    await connection.execute(_QUERIES["propose"], params)
    return proposal_id


async def list_proposals(
    connection: AsyncConnection[Any], tenant_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> list[Proposal]:
    """Proposals of a tenant, newest first; `before`: the last one of the page before."""
    return await _find(connection, tenant_id, None, limit, before)


async def get_proposal(connection: AsyncConnection[Any], tenant_id: UUID, proposal_id: UUID) -> Proposal:
    """A proposal by id. Raises NotFound."""
    found = await _find(connection, tenant_id, proposal_id, 1)
    if not found:
        raise NotFound
    return found[0]


async def approve(connection: AsyncConnection[Any], tenant_id: UUID, proposal_id: UUID, approver: str) -> Proposal:
    """Agree, and move the channel in the same transaction.

    Raises:
        NotFound: no such proposal.
        NotPermitted: one's own proposal.
        Conflict: decided before, or its report no longer holds against today's champion.
    """
    proposal = await get_proposal(connection, tenant_id, proposal_id)
    if proposal.proposed_by == approver:
        message = "somebody other than the person who proposed it has to approve"
        raise NotPermitted(message)
    await _decide(connection, tenant_id, proposal, "approved", approver)
    move = Move(proposal.name, proposal.channel, proposal.proposed_by, proposal.reason, approver, proposal.report_hash)
    await promote(connection, tenant_id, proposal.prompt_hash, move)
    return await get_proposal(connection, tenant_id, proposal_id)


async def reject(connection: AsyncConnection[Any], tenant_id: UUID, proposal_id: UUID, by: str) -> Proposal:
    """Turn a proposal down; its author may, too. Raises NotFound, or Conflict when it was decided before."""
    proposal = await get_proposal(connection, tenant_id, proposal_id)
    await _decide(connection, tenant_id, proposal, "rejected", by)
    return await get_proposal(connection, tenant_id, proposal_id)


async def _find(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    proposal_id: UUID | None,
    limit: int,
    before: UUID | None = None,
) -> list[Proposal]:
    async with connection.cursor(row_factory=class_row(Proposal)) as cursor:
        values = {"tenant_id": tenant_id, "id": proposal_id, "before": before, "limit": limit}
        await cursor.execute(_QUERIES["proposals"], values)
        return await cursor.fetchall()


async def _decide(
    connection: AsyncConnection[Any], tenant_id: UUID, proposal: Proposal, state: ProposalState, by: str
) -> None:
    params = {"tenant_id": tenant_id, "id": proposal.id, "state": state, "decided_by": by}
    if await (await connection.execute(_QUERIES["decide"], params)).fetchone() is None:
        message = f"this proposal is {proposal.state} already"
        raise Conflict(message)
