"""Asking a model on the spot."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.scoring.analyze import analyze, plan, typed
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.ai import AnalyzeRequest, AnalyzeResult
from serving.schemas.problem import problems

router = APIRouter(tags=["ai"])
Analyst = Annotated[Actor, Depends(Allowed("analyze_messages"))]


@router.post("/api/ai/analyze", operation_id="analyze", responses=problems(401, 402, 403, 404, 413, 422, 503))
async def post_analyze(wanted: AnalyzeRequest, caller: Analyst, found: ResourcesDep) -> list[AnalyzeResult]:
    """Ask your AI backend for a text or for messages of yours, and get its answer validated.

    Personal data in a typed text is masked before it leaves. Nothing is stored: official scores stay as they are.
    """
    async with tenant_transaction(found.pool, caller) as connection:
        planned = await plan(
            connection,
            found.fleet,
            caller.tenant_id,
            [typed(wanted.text)] if wanted.text is not None else [],
            message_ids=list(dict.fromkeys(wanted.message_ids)),
            prompt=wanted.prompt.as_prompt() if wanted.prompt else None,
        )
    return [AnalyzeResult.of(one) for one in await analyze(planned)]
