"""Shadows in Dagster: sampled and judged twice a minute without a run; what was seen is the asset `shadows`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from evosense.db.database import AsyncPool, open_pool
from evosense.db.ids import EVERYONE
from evosense.experiments.monitor import tick
from evosense.experiments.monitor_models import Reading, Watched
from evosense.experiments.plots import path
from evosense.experiments.registry import Experiment
from evosense.prompts.channels import list_events, list_versions
from evosense.settings import DatabaseSettings, load
from orchestration.defs.experiments.assets import image, registry_metadata, table

shadows = dg.AssetSpec(
    "shadows",
    deps=["prompts", "message_scores"],
    group_name="experiments",
    kinds={"postgres"},
    description="Challengers beside the champion: what the monitor last saw of each, with its confidence sequence.",
)
Seen = list[tuple[Experiment, Reading]]
# Decisions are shown at once; numbers that only grow no more often than this, so that the event log stays small.
_QUIET_SECONDS = 900
_POINTS = 200


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def watch_shadows(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Sample, then judge every running experiment: harm-stop, futility, promote-ready. Launches nothing.

    Shows what changed as events of the assets `shadows` and `prompts`.
    """
    before: dict[str, Any] = json.loads(context.cursor or "{}")
    seen, registry, metadata = asyncio.run(_look(before.get("registry")))
    events: list[dg.AssetMaterialization] = []
    if metadata is not None:
        events.append(dg.AssetMaterialization("prompts", metadata=metadata))
    decisions = {_name(experiment, reading): reading.decision for experiment, reading in seen}
    shown_at = float(before.get("shown_at", 0))
    now = datetime.now(UTC).timestamp()
    if seen and (decisions != before.get("decisions") or now - shown_at > _QUIET_SECONDS):
        events.append(dg.AssetMaterialization(shadows.key, metadata=metadata_of(seen)))
        shown_at = now
    lines = [
        f"{_name(experiment, reading)}: {reading.decision}, {reading.units} chat days" for experiment, reading in seen
    ]
    for line in lines:
        context.log.info(line)
    cursor = json.dumps({"registry": registry, "decisions": decisions, "shown_at": shown_at})
    reason = "; ".join(lines) or "no experiment is running"
    return dg.SensorResult(skip_reason=reason, cursor=cursor, asset_events=events)


def metadata_of(seen: Seen) -> dict[str, Any]:
    """What the UI shows of the challengers: a table, and the primary measure's path of each."""
    rows = [
        f"| {_name(experiment, reading)} | {reading.decision} | {reading.units} of {experiment.planned_chats} "
        f"| {_limits(reading.primary)} | {reading.reason} |"
        for experiment, reading in seen
    ]
    found: dict[str, Any] = {
        "challengers": table("| challenger | decision | chat days | estimate, anytime-valid | why |", rows)
    }
    for experiment, reading in seen:
        drawn = "" if reading.primary is None else _drawn(reading.primary)
        if drawn:
            name = _name(experiment, reading)
            found[name] = dg.MetadataValue.md(image(drawn, name))
    return found


def _name(experiment: Experiment, reading: Reading) -> str:
    return f"{experiment.name}/{reading.arm}"


def _limits(primary: Watched | None) -> str:
    if primary is None:
        return "-"
    sequence = primary.sequence
    return f"{primary.measure} {sequence.estimate:+.4g} [{sequence.low:+.4g}, {sequence.high:+.4g}]"


def _drawn(primary: Watched) -> str:
    """The sequence's path, thinned from its newest point on; empty before the burn-in."""
    sequence = primary.sequence
    places = slice(None, None, -max(1, sequence.t // _POINTS))
    parts = (part[places][::-1].tolist() for part in (sequence.lows, sequence.estimates, sequence.highs))
    lows, means, highs = parts
    return path(lows, means, highs, title=primary.measure, margin=primary.margin)


async def _look(known: str | None) -> tuple[Seen, str, dict[str, Any] | None]:
    """What the monitor sees, the registry's newest version and move, and its metadata when these are new."""
    async with open_pool(load(DatabaseSettings).require_url(), "evosense_pipeline", max_size=2) as pool:
        seen = await tick(pool)
        registry = await _newest(pool)
        if registry == known:
            return seen, registry, None
        async with pool.connection() as connection:
            return seen, registry, await registry_metadata(connection)


async def _newest(pool: AsyncPool) -> str:
    async with pool.connection() as connection:
        versions = await list_versions(connection, EVERYONE)
        events = await list_events(connection, EVERYONE, limit=1)
    return f"{len(versions)} {events[0].id if events else ''}"
