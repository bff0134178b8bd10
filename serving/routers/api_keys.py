"""API keys of a company: made, listed, revoked."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from evosense.billing.access import load_entitlements
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.tenants.api_keys import list_keys, make_key, revoke_key
from evosense.tenants.audit import record
from serving.dependencies import Allowed, ResourcesDep
from serving.permissions import KEY_ACTS
from serving.schemas.api_keys import ApiKey, ApiKeys, MadeApiKey, NewApiKey
from serving.schemas.problem import problems

router = APIRouter(tags=["api keys"])
Owner = Annotated[Actor, Depends(Allowed("manage_api_keys"))]


@router.get("/api/api-keys", operation_id="list_keys", responses=problems(401, 402, 403, 503))
async def get_keys(caller: Owner, found: ResourcesDep) -> ApiKeys:
    """Your company's keys, the newest first, and the scopes that keys can have."""
    async with tenant_transaction(found.pool, caller) as connection:
        items = [ApiKey.of(one) for one in await list_keys(connection, caller.tenant_id)]
    return ApiKeys(items=items, scopes=sorted(KEY_ACTS))


@router.post(
    "/api/api-keys",
    operation_id="make_key",
    status_code=status.HTTP_201_CREATED,
    responses=problems(401, 402, 403, 413, 422, 503),
)
async def post_key(wish: NewApiKey, caller: Owner, found: ResourcesDep) -> MadeApiKey:
    """Make a key for another system; it is shown this one time. Needs a plan or add-on with the API."""
    async with tenant_transaction(found.pool, caller) as connection:
        (await load_entitlements(connection, caller.tenant_id)).require_product("api")
        api_key_id, key = await make_key(
            connection,
            caller.tenant_id,
            name=wish.name,
            scopes=wish.scopes,
            created_by=caller.name,
            expires_at=wish.expires_at,
        )
        detail = {"scopes": sorted(set(wish.scopes))}
        target = f"api_key:{api_key_id}"
        await record(
            connection, caller.tenant_id, actor=caller.name, action="api_key_made", target=target, detail=detail
        )
    return MadeApiKey(id=api_key_id, key=key)


@router.delete(
    "/api/api-keys/{api_key_id}",
    operation_id="revoke_key",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(401, 402, 403, 404, 422, 503),
)
async def delete_key(api_key_id: UUID, caller: Owner, found: ResourcesDep) -> None:
    """Revoke a key; within seconds nothing can be done with it any more."""
    async with tenant_transaction(found.pool, caller) as connection:
        await revoke_key(connection, caller.tenant_id, api_key_id)
        target = f"api_key:{api_key_id}"
        await record(connection, caller.tenant_id, actor=caller.name, action="api_key_revoked", target=target)
