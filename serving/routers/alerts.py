"""Days that are out of the ordinary or break a rule: told, acknowledged, and the rules themselves."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status
from psycopg import AsyncConnection

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.alerts.acknowledged import acknowledge, take_back
from evosense.metrics.alerts.bands import DEFAULT_K
from evosense.metrics.alerts.report import alerts
from evosense.metrics.alerts.rules import add_rule, list_rules, remove_rule
from evosense.tenants.audit import record
from serving.dependencies import Allowed, ResourcesDep, own_tenant, own_user
from serving.metric_names import metric_named
from serving.period import Day
from serving.schemas.alerts import AlertRow, AlertRule, NewAlertRule
from serving.schemas.problem import problems

router = APIRouter(tags=["alerts"])
Reader = Annotated[Actor, Depends(Allowed("read_metrics"))]
Owner = Annotated[Actor, Depends(Allowed("set_alert_rules"))]
Colleague = Annotated[Actor, Depends(Allowed("acknowledge_alerts"))]
_READS = problems(401, 402, 403, 404, 422, 503)
_WRITES = problems(401, 402, 403, 404, 409, 413, 422, 503)


@router.get("/api/tenants/{tenant_id}/alerts", operation_id="get_alerts", responses=_READS)
async def get_alerts(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    k: Annotated[
        float, Query(ge=0.5, le=20, description="Width of the band in median absolute deviations")
    ] = DEFAULT_K,
) -> list[AlertRow]:
    """What to know of yesterday, bad news first: the company's rules that it broke, and what was out of the ordinary.

    Out of the ordinary is a metric that left its band yesterday and the day before, on the same side. The band is the
    median of the same weekday in the 28 weeks before ± k times the median absolute deviation; it takes four such days
    and n of at least 30.
    """
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        return [AlertRow.of(told) for told in await alerts(connection, own, k, found.memory)]


@router.put(
    "/api/tenants/{tenant_id}/alerts/{day}/{metric}/acknowledgement",
    operation_id="acknowledge_alert",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=_WRITES,
)
async def put_acknowledgement(tenant_id: str, day: Day, metric: str, caller: Colleague, found: ResourcesDep) -> None:
    """You have taken notice of a metric's day; your colleagues see that. Whoever did first stays named."""
    own, known = own_tenant(caller, tenant_id), metric_named(metric)
    async with tenant_transaction(found.pool, caller) as connection:
        await acknowledge(connection, own, day, known.name, own_user(caller))


@router.delete(
    "/api/tenants/{tenant_id}/alerts/{day}/{metric}/acknowledgement",
    operation_id="take_back_acknowledgement",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=_WRITES,
)
async def delete_acknowledgement(tenant_id: str, day: Day, metric: str, caller: Colleague, found: ResourcesDep) -> None:
    """Nobody has taken notice of it after all."""
    own, known = own_tenant(caller, tenant_id), metric_named(metric)
    async with tenant_transaction(found.pool, caller) as connection:
        await take_back(connection, own, day, known.name)


@router.get("/api/tenants/{tenant_id}/alert-rules", operation_id="list_alert_rules", responses=_READS)
async def get_rules(tenant_id: str, caller: Reader, found: ResourcesDep) -> list[AlertRule]:
    """The rules of your company, the oldest first."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        return [AlertRule.model_validate(rule) for rule in await list_rules(connection, own)]


@router.post(
    "/api/tenants/{tenant_id}/alert-rules",
    operation_id="add_alert_rule",
    status_code=status.HTTP_201_CREATED,
    responses=_WRITES,
)
async def post_rule(tenant_id: str, wish: NewAlertRule, caller: Owner, found: ResourcesDep) -> AlertRule:
    """Be told of days like this from now on. The same rule twice is one rule; a company has 50 at most."""
    own, metric = own_tenant(caller, tenant_id), metric_named(wish.metric)
    async with tenant_transaction(found.pool, caller) as connection:
        rule = await add_rule(connection, own, metric, wish.condition, wish.threshold)
        await _note(connection, caller, "alert_rule_added", rule.rule_id, wish.model_dump())
    return AlertRule.model_validate(rule)


@router.delete(
    "/api/tenants/{tenant_id}/alert-rules/{rule_id}",
    operation_id="remove_alert_rule",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=_WRITES,
)
async def delete_rule(tenant_id: str, rule_id: UUID, caller: Owner, found: ResourcesDep) -> None:
    """Tell nothing by this rule any more."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        await remove_rule(connection, own, rule_id)
        await _note(connection, caller, "alert_rule_removed", rule_id, {})


async def _note(
    connection: AsyncConnection[Any], caller: Actor, action: str, rule_id: UUID, detail: dict[str, Any]
) -> None:
    target = f"alert_rule:{rule_id}"
    await record(connection, caller.tenant_id, actor=caller.name, action=action, target=target, detail=detail)
