"""Views that people save for themselves."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.tenants.views import ViewPage, keep_views, list_views
from serving.dependencies import Allowed, ResourcesDep, own_user
from serving.schemas.problem import problems
from serving.schemas.views import PageViews, View

router = APIRouter(tags=["auth"])


@router.get("/api/me/views", operation_id="list_views", responses=problems(401, 403, 503))
async def get_views(caller: Annotated[Actor, Depends(Allowed("read_profile"))], found: ResourcesDep) -> list[PageViews]:
    """Your saved views of each page of lists."""
    async with tenant_transaction(found.pool, caller) as connection:
        kept = await list_views(connection, caller.tenant_id, own_user(caller))
    return [
        PageViews(page=page, views=[View.model_validate(view) for view in kept if view.page == page])
        for page in get_args(ViewPage)
    ]


@router.put("/api/me/views", operation_id="keep_views", responses=problems(401, 403, 413, 422, 503))
async def put_views(
    given: PageViews, caller: Annotated[Actor, Depends(Allowed("keep_views"))], found: ResourcesDep
) -> PageViews:
    """Keep these views of a page, in this order, and no others. Nobody else sees them."""
    async with tenant_transaction(found.pool, caller) as connection:
        await keep_views(connection, caller.tenant_id, own_user(caller), given.page, given.models())
    return given
