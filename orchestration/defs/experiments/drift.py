"""Official scores that move by more than they move by themselves: looked at once a day, shown as a check."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from evosense.db.database import connect
from evosense.experiments.champion_drift import ChampionDrift, champion_drifts
from evosense.settings import DatabaseSettings, load
from orchestration.defs.scoring.assets import message_scores

_CHECK = "champion_drift"
_SHOWN = 20


@dg.asset_check(
    asset=message_scores,
    name=_CHECK,
    description="The champion's scores of the last week are spread as the month before",
)
def champion_drift() -> dg.AssetCheckResult:
    """Warns where a company's scores of the last week are spread otherwise than in the month before."""
    found = asyncio.run(_look())
    passed, metadata = judged(found)
    return dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


@dg.sensor(minimum_interval_seconds=3_600, default_status=dg.DefaultSensorStatus.RUNNING)
def watch_drift(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Evaluate the check once a day (UTC) without launching a run."""
    today = datetime.now(UTC).date().isoformat()
    if context.cursor == today:
        return dg.SkipReason(f"looked at on {today} already")
    found = asyncio.run(_look())
    passed, metadata = judged(found)
    evaluation = dg.AssetCheckEvaluation(
        asset_key=message_scores.key,
        check_name=_CHECK,
        passed=passed,
        metadata=metadata,
        severity=dg.AssetCheckSeverity.WARN,
    )
    return dg.SensorResult(asset_events=[evaluation], cursor=today)


def judged(found: list[ChampionDrift]) -> tuple[bool, dict[str, Any]]:
    """Whether no company drifts, and what the UI shows of those looked at: ids and numbers."""
    rows = [
        f"| `{one.tenant_id}` | {one.history_mean:+.3f} | {one.recent_mean:+.3f} | {one.drift.estimate:.3f} "
        f"| {one.drift.threshold:.3f} | {one.adjusted_p:.3g} | {'yes' if one.is_drift else 'no'} |"
        for one in found[:_SHOWN]
    ]
    head = "| company | month before | last week | PSI | threshold | p (BH) | drifts |\n|---|---|---|---|---|---|---|"
    drifting = sum(one.is_drift for one in found)
    return drifting == 0, {
        "companies": len(found),
        "drifting": drifting,
        "scores": dg.MetadataValue.md("\n".join([head, *rows]) if rows else "too few scores anywhere"),
    }


async def _look() -> list[ChampionDrift]:
    async with await connect(load(DatabaseSettings).require_url(), "evosense_pipeline") as connection:
        return await champion_drifts(connection)
