"""Running shadows as an analyst sees them: read-only, with the path of the confidence sequence."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from uuid import UUID

from evosense.db.database import AsyncPool
from evosense.experiments.monitor import read
from evosense.experiments.monitor_models import Reading
from evosense.experiments.plots import path
from evosense.experiments.registry import Experiment, arms_of, list_experiments
from evosense.experiments.shadow import Drops, drops_by_hour, sample_ratio, sample_rows


@dataclass(frozen=True)
class Shadow:
    """One challenger of a running experiment: what the monitor would decide, drops, and the sample-ratio p."""

    experiment: Experiment
    reading: Reading
    drops: list[Drops]
    sample_ratio_p: float | None

    def __repr__(self) -> str:
        return (
            f"{self.experiment.name}/{self.reading.arm}: {self.reading.decision} after {self.reading.units} chat days "
            f"({self.reading.fraction:.0%} of the plan): {self.reading.reason}"
        )

    def _repr_html_(self) -> str:
        primary = self.reading.primary
        drawn = ""
        if primary is not None:
            sequence = primary.sequence
            lows, means, highs = (part.tolist() for part in (sequence.lows, sequence.estimates, sequence.highs))
            drawn = path(lows, means, highs, title=primary.measure, margin=primary.margin)
        return f"<p>{escape(repr(self))}</p>{drawn}"


async def read_shadows(pool: AsyncPool, tenant_id: UUID | None) -> list[Shadow]:
    """Every challenger that still runs, of one tenant's experiments or of all."""
    found: list[Shadow] = []
    async with pool.connection() as connection:
        for state in ("running", "ready"):
            for experiment in await list_experiments(connection, tenant_id, state=state):
                baseline, *challengers = await arms_of(connection, experiment)
                for arm in (one for one in challengers if one.stopped_at is None):
                    rows = await sample_rows(connection, experiment, baseline, arm)
                    reading = read(rows, arm.arm, experiment.question, experiment.planned_chats)
                    ratio = await sample_ratio(connection, experiment, baseline, arm, rows)
                    p = None if ratio is None else ratio.p
                    found.append(Shadow(experiment, reading, drops_by_hour(rows), p))
    return found
