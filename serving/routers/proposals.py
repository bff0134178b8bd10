"""Four eyes: moves of a channel that a second person agrees to, and the policy that asks for it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.experiments.proposals import approve, list_proposals, propose, reject
from evosense.prompts.channels import Move, Policy, policy_of, resolve, set_policy
from serving.dependencies import Allowed, ResourcesDep
from serving.pages import LINKED, PageById, one_page
from serving.schemas.experiments import Name
from serving.schemas.problem import problems
from serving.schemas.shadows import ChannelProposal, NewProposal, PromptPolicy, Proposed

router = APIRouter(tags=["prompts"])
Reader = Annotated[Actor, Depends(Allowed("read_experiments"))]
Owner = Annotated[Actor, Depends(Allowed("run_experiments"))]


@router.get("/api/prompts/policy", operation_id="get_prompt_policy", responses=problems(401, 403, 422, 503))
async def get_policy(caller: Reader, found: ResourcesDep, name: Annotated[Name, Query()] = "sentiment") -> PromptPolicy:
    """What a move of champion needs in your company."""
    async with tenant_transaction(found.pool, caller) as connection:
        return PromptPolicy.model_validate(await policy_of(connection, caller.tenant_id, name))


@router.put("/api/prompts/policy", operation_id="set_prompt_policy", responses=problems(401, 402, 403, 413, 422, 503))
async def put_policy(
    policy: PromptPolicy, caller: Owner, found: ResourcesDep, name: Annotated[Name, Query()] = "sentiment"
) -> PromptPolicy:
    """Ask for a second person, a passing report, or both, from now on."""
    async with tenant_transaction(found.pool, caller) as connection:
        await set_policy(connection, caller.tenant_id, name, Policy(policy.four_eyes, policy.needs_report))
    return policy


@router.get("/api/prompts/proposals", operation_id="list_proposals", responses=LINKED | problems(401, 403, 422, 503))
async def get_proposals(
    caller: Reader,
    found: ResourcesDep,
    request: Request,
    response: Response,
    page: PageById = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ChannelProposal]:
    """Moves that somebody wants, newest first, decided ones included."""
    async with tenant_transaction(found.pool, caller) as connection:
        listed = await list_proposals(connection, caller.tenant_id, before=page, limit=limit + 1)
    return [
        ChannelProposal.model_validate(one) for one in one_page(request, response, listed, limit, lambda one: one.id)
    ]


@router.post(
    "/api/prompts/proposals",
    operation_id="propose_move",
    status_code=201,
    responses=problems(401, 402, 403, 404, 409, 413, 422, 503),
)
async def post_proposal(wanted: NewProposal, caller: Owner, found: ResourcesDep) -> Proposed:
    """Propose a move of a channel. Champion's evidence is checked now, and again when somebody approves."""
    async with tenant_transaction(found.pool, caller) as connection:
        prompt_hash = await resolve(connection, caller.tenant_id, wanted.name, wanted.version)
        move = Move(wanted.name, wanted.channel, str(caller.user_id), wanted.reason, None, wanted.report_hash)
        return Proposed(proposal_id=await propose(connection, caller.tenant_id, prompt_hash, move))


@router.post(
    "/api/prompts/proposals/{proposal_id}/approve",
    operation_id="approve_proposal",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_approve(proposal_id: UUID, caller: Owner, found: ResourcesDep) -> ChannelProposal:
    """Agree to somebody else's proposal: the channel moves in the same transaction."""
    async with tenant_transaction(found.pool, caller) as connection:
        decided = await approve(connection, caller.tenant_id, proposal_id, str(caller.user_id))
        return ChannelProposal.model_validate(decided)


@router.post(
    "/api/prompts/proposals/{proposal_id}/reject",
    operation_id="reject_proposal",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_reject(proposal_id: UUID, caller: Owner, found: ResourcesDep) -> ChannelProposal:
    """Turn a proposal down; nothing moves."""
    async with tenant_transaction(found.pool, caller) as connection:
        decided = await reject(connection, caller.tenant_id, proposal_id, str(caller.user_id))
        return ChannelProposal.model_validate(decided)
