"""What customers talk about."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.stitch import find_days
from evosense.metrics.themes.report import theme_report
from serving.dependencies import Allowed, ResourcesDep, own_tenant
from serving.period import PeriodDep
from serving.schemas.problem import problems
from serving.schemas.themes import ThemeReport

router = APIRouter(tags=["themes"])
Reader = Annotated[Actor, Depends(Allowed("read_metrics"))]


@router.get(
    "/api/tenants/{tenant_id}/themes", operation_id="get_themes", responses=problems(401, 402, 403, 404, 422, 503)
)
async def get_themes(tenant_id: str, caller: Reader, found: ResourcesDep, period: PeriodDep) -> ThemeReport:
    """Themes of scored customer messages, how much each moves the net sentiment, and which are emerging.

    The impacts of all themes, and of what belongs to none, sum to the net sentiment. Themes are built once a day.
    """
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_days(connection, own, period.from_day, period.to_day, found.memory)
        return ThemeReport.model_validate(await theme_report(connection, seam))
