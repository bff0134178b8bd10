"""Last month under prompt B: KPIs of the same messages under either prompt."""

from __future__ import annotations

import polars as pl

from evosense.errors import InvalidInput
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


def retention(frame: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    """Who came back, by the mood that either prompt saw: one row per band, `negative`, `neutral`, `positive`.

    `chats_…` counts the chats that the prompt puts into the band by their mean sentiment, `kept_pct_…` is the share of
    those that came back. The customers are the same; the prompt whose negative band is kept least knows best whom to
    call.

    Args:
        frame: paired rows.
        returns: columns `chat`, `returned`.

    Raises:
        InvalidInput: no chat is old enough yet to tell.
    """
    means = both_scored(frame).group_by("chat").agg(pl.col("sentiment_a").mean(), pl.col("sentiment_b").mean())
    chats = means.join(returns, on="chat")
    if chats.is_empty():
        message = "no chat of this window is old enough to tell who came back; ask for fewer days or an earlier window"
        raise InvalidInput(message)
    bands = pl.DataFrame({"band": ["negative", "neutral", "positive"]})
    for side in ("a", "b"):
        counted = (
            chats.with_columns(band=_band_of(f"sentiment_{side}"))
            .group_by("band")
            .agg(pl.len().alias(f"chats_{side}"), pl.col("returned").mean().mul(100).alias(f"kept_pct_{side}"))
        )
        bands = bands.join(counted, on="band", how="left", maintain_order="left")
    return bands.with_columns(pl.col("chats_a", "chats_b").fill_null(0))


def _band_of(column: str) -> pl.Expr:
    mean = pl.col(column)
    return (
        pl.when(mean < -_BAND)
        .then(pl.lit("negative"))
        .when(mean > _BAND)
        .then(pl.lit("positive"))
        .otherwise(pl.lit("neutral"))
    )


def _mean(column: str, name: str) -> pl.Expr:
    return pl.col(column).mean().alias(name)
