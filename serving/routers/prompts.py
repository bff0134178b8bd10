"""Prompt versions and the channels that point to them: registered, compared, moved, moved back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.experiments.promotion import promote
from evosense.prompts.channels import Move, list_channels, list_events, list_versions, resolve, roll_back
from evosense.prompts.diff import diff
from evosense.prompts.registry import register
from serving.dependencies import Allowed, ResourcesDep
from serving.pages import LINKED, PageById, one_page
from serving.schemas.experiments import (
    MoveChannel,
    Moved,
    Name,
    NewPrompt,
    PromptChannel,
    PromptDiff,
    PromptEvent,
    PromptVersion,
    Reference,
    Registered,
    RollBack,
)
from serving.schemas.problem import problems

router = APIRouter(tags=["prompts"])
Reader = Annotated[Actor, Depends(Allowed("read_experiments"))]
Owner = Annotated[Actor, Depends(Allowed("run_experiments"))]


@router.get("/api/prompts", operation_id="list_prompts", responses=problems(401, 403, 422, 503))
async def get_prompts(
    caller: Reader, found: ResourcesDep, name: Annotated[Name | None, Query()] = None
) -> list[PromptVersion]:
    """Versions that your company may use, its own and everybody's, newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [PromptVersion.of(v) for v in await list_versions(connection, caller.tenant_id, name=name)]


@router.post(
    "/api/prompts",
    operation_id="register_prompt",
    status_code=201,
    responses=problems(401, 402, 403, 409, 413, 422, 503),
)
async def post_prompt(prompt: NewPrompt, caller: Owner, found: ResourcesDep) -> Registered:
    """Register a version of your company. The same content is the same version; nothing goes live by this."""
    async with tenant_transaction(found.pool, caller) as connection:
        prompt_hash = await register(
            connection,
            prompt.as_prompt(),
            tenant_id=caller.tenant_id,
            name=prompt.name,
            author=str(caller.user_id),
            parent_hash=prompt.parent_hash,
        )
    return Registered(prompt_hash=prompt_hash)


@router.get("/api/prompts/channels", operation_id="list_prompt_channels", responses=problems(401, 403, 422, 503))
async def get_channels(
    caller: Reader, found: ResourcesDep, name: Annotated[Name | None, Query()] = None
) -> list[PromptChannel]:
    """Which version is live for your company, and whether that is its own choice."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [PromptChannel.of(c) for c in await list_channels(connection, caller.tenant_id, name)]


@router.get("/api/prompts/events", operation_id="list_prompt_events", responses=LINKED | problems(401, 403, 422, 503))
async def get_events(
    caller: Reader,
    found: ResourcesDep,
    request: Request,
    response: Response,
    name: Annotated[Name | None, Query()] = None,
    page: PageById = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> list[PromptEvent]:
    """Who moved which channel, when, why and on what report, newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        listed = await list_events(connection, caller.tenant_id, name=name, before=page, limit=limit + 1)
    return [PromptEvent.of(one) for one in one_page(request, response, listed, limit, lambda one: one.id)]


@router.get("/api/prompts/diff", operation_id="diff_prompts", responses=problems(401, 403, 404, 422, 503))
async def get_diff(
    caller: Reader,
    found: ResourcesDep,
    old: Annotated[Reference, Query()],
    new: Annotated[Reference, Query()],
    name: Annotated[Name, Query()] = "sentiment",
) -> PromptDiff:
    """What changed between two versions."""
    async with tenant_transaction(found.pool, caller) as connection:
        hashes = [await resolve(connection, caller.tenant_id, name, one) for one in (old, new)]
        first, second = [(await list_versions(connection, caller.tenant_id, prompt_hash=h))[0] for h in hashes]
    return PromptDiff(diff=diff(first, second))


@router.post(
    "/api/prompts/move", operation_id="move_prompt_channel", responses=problems(401, 402, 403, 404, 409, 422, 503)
)
async def post_move(move: MoveChannel, caller: Owner, found: ResourcesDep) -> Moved:
    """Let a channel of your company point to a version. Champion needs a passing report against today's champion."""
    async with tenant_transaction(found.pool, caller) as connection:
        prompt_hash = await resolve(connection, caller.tenant_id, move.name, move.version)
        wanted = Move(move.name, move.channel, str(caller.user_id), move.reason, None, move.report_hash)
        await promote(connection, caller.tenant_id, prompt_hash, wanted)
    return Moved(prompt_hash=prompt_hash)


@router.post(
    "/api/prompts/rollback", operation_id="roll_back_prompt_channel", responses=problems(401, 402, 403, 409, 422, 503)
)
async def post_rollback(back: RollBack, caller: Owner, found: ResourcesDep) -> Moved:
    """Undo the latest move of a channel of your company."""
    async with tenant_transaction(found.pool, caller) as connection:
        move = Move(back.name, back.channel, str(caller.user_id), back.reason)
        return Moved(prompt_hash=await roll_back(connection, caller.tenant_id, move))
