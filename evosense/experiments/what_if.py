"""Last month under prompt B: KPIs of the same messages under either prompt."""

from __future__ import annotations

import polars as pl

from evosense.experiments.concurrence import both_scored

# The bands of the KPIs (docs: positive above 0.1, negative below -0.1).
_BAND = 0.1


def what_if(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per local day: messages both prompts scored, and the KPIs under A (as it is) and B (as it would be).

    `negative_chats_…` is the share of chats whose mean sentiment of the day is negative: the ones a company would
    call back to keep.
    """
    rows = both_scored(frame)
    sides = ("a", "b")
    daily = rows.group_by("local_day").agg(
        pl.len().alias("messages"),
        *(_mean(f"sentiment_{side}", f"avg_sentiment_{side}") for side in sides),
        *(_mean(f"satisfaction_{side}", f"avg_satisfaction_{side}") for side in sides),
        *((pl.col(f"sentiment_{side}") > _BAND).mean().mul(100).alias(f"positive_pct_{side}") for side in sides),
        *((pl.col(f"sentiment_{side}") < -_BAND).mean().mul(100).alias(f"negative_pct_{side}") for side in sides),
    )
    chats = (
        rows.group_by("local_day", "chat")
        .agg(*(pl.col(f"sentiment_{side}").mean() for side in sides))
        .group_by("local_day")
        .agg(
            pl.len().alias("chats"),
            *((pl.col(f"sentiment_{side}") < -_BAND).mean().mul(100).alias(f"negative_chats_{side}") for side in sides),
        )
    )
    return daily.join(chats, on="local_day").sort("local_day")


def _mean(column: str, name: str) -> pl.Expr:
    return pl.col(column).mean().alias(name)
