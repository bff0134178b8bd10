"""What a company may use, what it pays, and changing that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, status

from evosense.billing.access import load_entitlements, load_page
from evosense.billing.change import change_plan, set_addon, set_ending
from evosense.billing.notices import dismiss_notice
from evosense.billing.plans import load_catalogue
from evosense.billing.subscribe import Pages, open_portal, start_checkout
from evosense.db.tenancy import Actor, tenant_transaction
from serving.dependencies import Allowed, ResourcesDep, public_address
from serving.schemas.billing import (
    AddOnQuantity,
    BillingState,
    Dismissed,
    Ending,
    EntitledTo,
    Link,
    NewPlan,
    NewPurchase,
    Outcome,
    PriceList,
)
from serving.schemas.problem import problems

router = APIRouter(tags=["billing"])
Entitled = Annotated[Actor, Depends(Allowed("read_entitlements"))]
Reader = Annotated[Actor, Depends(Allowed("read_billing"))]
Payer = Annotated[Actor, Depends(Allowed("manage_billing"))]
_CHANGES = problems(401, 402, 403, 404, 409, 422, 503)


@router.get("/api/entitlements", operation_id="get_entitlements", responses=problems(401, 503))
async def get_entitlements(caller: Entitled, found: ResourcesDep) -> EntitledTo:
    """Plan, products and limits of the company, and what its subscription leaves it now."""
    async with tenant_transaction(found.pool, caller) as connection:
        return EntitledTo.of(await load_entitlements(connection, caller.tenant_id))


@router.get("/api/billing/plans", operation_id="list_plans", responses=problems(401, 503))
async def list_plans(caller: Entitled, found: ResourcesDep) -> PriceList:
    """Plans and add-ons with their prices."""
    async with tenant_transaction(found.pool, caller) as connection:
        return PriceList.of(await load_catalogue(connection))


@router.get("/api/billing", operation_id="get_billing", responses=problems(401, 403, 503))
async def get_billing(caller: Reader, found: ResourcesDep) -> BillingState:
    """Subscription, invoices, usage and what administrators have to be told."""
    async with tenant_transaction(found.pool, caller) as connection:
        return BillingState.of(await load_page(connection, caller.tenant_id))


@router.post("/api/billing/checkout", operation_id="start_checkout", responses=_CHANGES)
async def post_checkout(wish: NewPurchase, caller: Payer, found: ResourcesDep, request: Request) -> Link:
    """A page of Stripe on which to buy the plan by card or boleto; asked again, the same page."""
    back = f"{public_address(request, found)}/billing"
    page = await start_checkout(
        found.pool,
        found.billing.payments,
        caller,
        wish.plan,
        wish.addons,
        Pages(f"{back}?checkout=done", f"{back}?checkout=left"),
        datetime.now(UTC),
    )
    return Link(url=page.url or back)


@router.post("/api/billing/portal", operation_id="open_portal", responses=_CHANGES)
async def post_portal(caller: Payer, found: ResourcesDep, request: Request) -> Link:
    """A page of Stripe for payment methods and invoices; good for a few minutes."""
    back = f"{public_address(request, found)}/billing"
    return Link(url=await open_portal(found.pool, found.billing.payments, caller, back))


@router.put("/api/billing/plan", operation_id="change_plan", responses=_CHANGES)
async def put_plan(wish: NewPlan, caller: Payer, found: ResourcesDep) -> Outcome:
    """Move to a larger plan at once, or to a smaller one when the paid period ends."""
    payments = found.billing.payments
    changed = await change_plan(found.pool, payments, caller, wish.plan, datetime.now(UTC), reduce=wish.reduce)
    return Outcome.of(changed)


@router.put("/api/billing/addons/{addon_id}", operation_id="set_addon", responses=_CHANGES)
async def put_addon(addon_id: str, wish: AddOnQuantity, caller: Payer, found: ResourcesDep) -> Outcome:
    """Have so many of an add-on from now on."""
    payments = found.billing.payments
    return Outcome.of(await set_addon(found.pool, payments, caller, addon_id, wish.quantity, datetime.now(UTC)))


@router.put("/api/billing/ending", operation_id="set_ending", responses=_CHANGES)
async def put_ending(wish: Ending, caller: Payer, found: ResourcesDep) -> Outcome:
    """End the subscription with the paid period, or take that back."""
    payments = found.billing.payments
    return Outcome.of(await set_ending(found.pool, payments, caller, datetime.now(UTC), ends=wish.ends))


@router.post(
    "/api/billing/notices/dismiss",
    operation_id="dismiss_notice",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(401, 403, 404, 422, 503),
)
async def post_dismissal(notice: Dismissed, caller: Payer, found: ResourcesDep) -> None:
    """A notice was read and is not shown again."""
    async with tenant_transaction(found.pool, caller) as connection:
        await dismiss_notice(connection, caller.tenant_id, notice.kind, notice.ref)
