"""What the monitor sees of a challenger, kept as JSON: the API and pages show it without computing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import orjson
import polars as pl
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load
from evosense.experiments.monitor_models import Reading, Watched, finite_or_none
from evosense.experiments.registry import Experiment
from evosense.experiments.shadow import Drops
from evosense.experiments.statistics import Drift, population_stability_index

_QUERIES = load("evosense.experiments", "readings.sql")
# A page draws at most this many points of a path, and hours of drops.
_POINTS, _HOURS = 200, 72
# Fewer champion answers on either side say nothing about a distribution; more than the newest of these cost time.
_DRIFT_MIN, _DRIFT_NEWEST, _DRIFT_DRAWS = 200, 20_000, 200


@dataclass(frozen=True, slots=True)
class StoredReading:
    """The latest reading of an arm. `reading` has the keys of `as_json`."""

    arm: str
    read_at: datetime
    reading: dict[str, Any]


def as_json(
    reading: Reading, drops: Sequence[Drops], sample_ratio_p: float | None, drift: Drift | None
) -> dict[str, Any]:
    """A reading as JSON values; infinite limits (before the burn-in) are null.

    `path` is the primary measure's confidence sequence at up to 200 chat days: t, low, estimate, high.
    """
    watched = [item for item in (reading.primary, *reading.guardrails) if item is not None]
    return {
        "decision": reading.decision,
        "reason": reading.reason,
        "units": reading.units,
        "fraction": round(reading.fraction, 4),
        "measures": [_measure(item, is_primary=item is reading.primary) for item in watched],
        "path": _path(reading.primary),
        "drops": [
            {"hour": one.hour.isoformat(), "sampled": one.sampled, "dropped": one.dropped} for one in drops[-_HOURS:]
        ],
        "sample_ratio_p": sample_ratio_p,
        "drift": None if drift is None else asdict(drift),
    }


def champion_drift(rows: pl.DataFrame) -> Drift | None:
    """Whether the champion's own sentiment moved: the newer half of its sampled answers against the older half.

    Chats are resampled whole for the threshold. None while there is too little to say.
    """
    scored = rows.filter(pl.col("sentiment_a").is_not_null()).sort("scored_at").tail(_DRIFT_NEWEST)
    half = scored.height // 2
    if half < _DRIFT_MIN:
        return None
    older, newer = scored.head(half), scored.tail(half)
    return population_stability_index(
        older["sentiment_a"].to_numpy(),
        newer["sentiment_a"].to_numpy(),
        clusters=(older["chat"].to_numpy(), newer["chat"].to_numpy()),
        draws=_DRIFT_DRAWS,
    )


async def store_reading(connection: AsyncConnection[Any], experiment: Experiment, arm: str, content: Any) -> None:
    """Keep what was seen of an arm; the one before goes."""
    params = {
        "tenant_id": experiment.tenant_id,
        "experiment_id": experiment.id,
        "arm": arm,
        "reading": orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
    }
    await connection.execute(_QUERIES["store_reading"], params)


async def readings_of(connection: AsyncConnection[Any], experiment: Experiment) -> list[StoredReading]:
    """The latest reading of every arm that was looked at."""
    params = {"tenant_id": experiment.tenant_id, "experiment_id": experiment.id}
    async with connection.cursor(row_factory=class_row(StoredReading)) as cursor:
        await cursor.execute(_QUERIES["readings"], params)
        return await cursor.fetchall()


async def sweep_stopped(connection: AsyncConnection[Any]) -> int:
    """Take back the waiting calls of experiments that somebody ended; answers how many."""
    row = await (await connection.execute(_QUERIES["sweep_stopped"])).fetchone()
    return int(row[0]) if row else 0


def _measure(watched: Watched, *, is_primary: bool) -> dict[str, Any]:
    sequence = watched.sequence
    return {
        "measure": watched.measure,
        "is_primary": is_primary,
        "estimate": sequence.estimate,
        "low": finite_or_none(sequence.low),
        "high": finite_or_none(sequence.high),
        "margin": watched.margin,
    }


def _path(primary: Watched | None) -> list[dict[str, float | int | None]]:
    if primary is None:
        return []
    sequence = primary.sequence
    places = np.unique(np.linspace(0, sequence.t - 1, min(_POINTS, sequence.t)).astype(int))
    return [
        {
            "t": int(place) + 1,
            "low": finite_or_none(float(sequence.lows[place])),
            "estimate": float(sequence.estimates[place]),
            "high": finite_or_none(float(sequence.highs[place])),
        }
        for place in places
    ]
