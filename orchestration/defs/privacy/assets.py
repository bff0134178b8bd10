"""Retention, people's requests and scheduled reports. Metadata holds counts: no id of a person, no text."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import dagster as dg

from evosense.db.database import AsyncPool, open_pool
from evosense.exports.reports import make_due_reports
from evosense.messages.redact_again import redact_again
from evosense.privacy.erasure import erase_again, risen_people
from evosense.privacy.fulfil import fulfil_open
from evosense.privacy.requests import overdue_requests
from evosense.privacy.retention import TenantRetention, apply_retention, late_tenants, unknown_plans
from evosense.settings import DatabaseSettings, SecuritySettings, load
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import MasterKey
from orchestration.warehouse.run import build_warehouse

_T = TypeVar("_T")
_POOL = "privacy"


def _in_pool(work: Callable[[AsyncPool], Awaitable[_T]]) -> _T:
    async def run() -> _T:
        url = load(DatabaseSettings).require_url()
        async with open_pool(url, "evosense_pipeline", max_size=2, application="evosense privacy") as pool:
            return await work(pool)

    return asyncio.run(run())


def _master() -> MasterKey:
    return MasterKey.from_secret(*load(SecuritySettings).secrets())


@dg.asset(
    pool=_POOL,
    group_name="privacy",
    kinds={"postgres"},
    check_specs=[
        dg.AssetCheckSpec("nothing_is_kept_too_long", asset="retention", description="Oldest message within the plan"),
        dg.AssetCheckSpec("every_plan_is_known", asset="retention", description="Else nothing of it is ever deleted"),
        dg.AssetCheckSpec("erased_people_stay_away", asset="retention", description="No address of theirs is back"),
    ],
)
def retention() -> dg.MaterializeResult:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType] - Dagster compares it
    """Deletes what is older than each company's plan keeps, once the figures of those days are built and frozen.

    Whoever was erased and came back by a flush that was under way is erased again first.
    """
    # Figures are frozen from the marts, so those must be right before their messages go.
    build_warehouse(load(DatabaseSettings))

    async def work(pool: AsyncPool) -> tuple[int, list[TenantRetention], list[UUID], int, int]:
        again = await erase_again(pool, _master())
        done = await apply_retention(pool, datetime.now(UTC))
        async with pool.connection() as connection:
            late = await late_tenants(connection, datetime.now(UTC))
            risen = sum(count for _, count in await risen_people(connection))
            return again, done, await unknown_plans(connection), len(late), risen

    again, done, unknown, late, risen = _in_pool(work)
    counts: Counter[str] = Counter()
    for result in done:
        counts.update(result.counts)
    outcomes = Counter(result.outcome for result in done)
    return dg.MaterializeResult(
        metadata={
            "rows": counts.total(),
            "frozen_days": sum(result.frozen_days for result in done),
            "erased_again": again,
            **{f"companies_{outcome}": number for outcome, number in outcomes.items()},
            **{table: rows for table, rows in counts.items() if rows},
        },
        check_results=[
            _check("nothing_is_kept_too_long", passed=not late, companies=late),
            _check("every_plan_is_known", passed=not unknown, companies=len(unknown)),
            _check("erased_people_stay_away", passed=not risen, addresses=risen),
        ],
    )


@dg.asset(
    pool=_POOL,
    group_name="privacy",
    kinds={"postgres"},
    check_specs=[
        dg.AssetCheckSpec(
            "no_request_is_overdue", asset="privacy_requests", description="All answered within 15 days (LGPD)"
        )
    ],
)
def privacy_requests() -> dg.MaterializeResult:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType] - Dagster compares it
    """Answers what people asked: their data, a correction, their erasure with its certificate."""

    async def work(pool: AsyncPool) -> tuple[Counter[str], tuple[int, int]]:
        ended = await fulfil_open(pool, _master())
        async with pool.connection() as connection:
            return ended, await overdue_requests(connection)

    ended, (overdue, nearly) = _in_pool(work)
    check = _check("no_request_is_overdue", passed=not overdue, overdue=overdue, due_within_two_days=nearly)
    return dg.MaterializeResult(metadata=dict(ended), check_results=[check])


@dg.asset(pool=_POOL, group_name="privacy", kinds={"postgres"})
def scheduled_reports() -> dg.MaterializeResult[Any]:
    """Makes the reports whose day, week or month is over in their company's calendar."""
    made = _in_pool(lambda pool: make_due_reports(pool, datetime.now(UTC)))
    return dg.MaterializeResult(metadata={str(state): number for state, number in made.items()})


@dg.asset(pool=_POOL, group_name="privacy", kinds={"postgres"})
def stored_texts() -> dg.MaterializeResult[Any]:
    """Redacts what was stored under former rules, after an update that made them grow; launched by hand."""
    done = _in_pool(lambda pool: redact_again(pool, Keyring(_master())))
    return dg.MaterializeResult(metadata=dict(done))


def _check(name: str, *, passed: bool, **metadata: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(check_name=name, passed=passed, metadata=metadata)
