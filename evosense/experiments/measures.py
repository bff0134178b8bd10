"""What is measured on each message, for either arm: one number a message, and which way is better.

Frames carry one row per message with the columns `status_a`, `sentiment_a`, `satisfaction_a`, `emotion_a`, `tone_a`,
`latency_ms_a`, `cost_micros_a`, the same with `_b`, and with `_r` the baseline's second answer where it gave one (see
`evosense.experiments.frame`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from evosense.errors import InvalidInput

Side = Literal["a", "b", "r"]
USABLE = ("ok", "repaired")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number per message.

    Attributes:
        name: as it is called in questions, guardrails and reports.
        unit: of the number.
        higher_is_better: its direction.
        base: rows it is defined on: `scored` by both, `answered` by both, or `labelled` and scored by both.
        of: the number of one side, from the frame.
    """

    name: str
    unit: str
    higher_is_better: bool
    base: Literal["scored", "answered", "labelled"]
    of: Callable[[Side], pl.Expr]


def _is_unusable(side: Side) -> pl.Expr:
    return (~pl.col(f"status_{side}").is_in(USABLE)).cast(pl.Float64)


def _is_slow(side: Side) -> pl.Expr:
    # Slower than 95 % of the baseline's calls: a mean that moves with the tail, so it can be watched sequentially.
    return (pl.col(f"latency_ms_{side}") > pl.col("latency_ms_a").quantile(0.95, "linear")).cast(pl.Float64)


def _column(name: str) -> Callable[[Side], pl.Expr]:
    return lambda side: pl.col(f"{name}_{side}").cast(pl.Float64)


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("sentiment", "-1..1", True, "scored", _column("sentiment")),
        Measure("satisfaction", "0..100", True, "scored", _column("satisfaction")),
        Measure(
            "label_error",
            "|score - label|",
            False,
            "labelled",
            lambda side: (pl.col(f"sentiment_{side}") - pl.col("label_sentiment")).abs().cast(pl.Float64),
        ),
        Measure("invalid", "share", False, "answered", _is_unusable),
        Measure(
            "repaired",
            "share",
            False,
            "answered",
            lambda side: (pl.col(f"status_{side}") == "repaired").cast(pl.Float64),
        ),
        Measure("latency", "ms", False, "answered", _column("latency_ms")),
        Measure("slow", "share above the baseline's p95", False, "answered", _is_slow),
        Measure("cost", "millionths of a US dollar", False, "answered", _column("cost_micros")),
    )
}


def measure_named(name: str) -> Measure:
    """The measure of that name. Raises InvalidInput with the names there are."""
    try:
        return MEASURES[name]
    except KeyError:
        message = f"no measure named {name!r}; there are {', '.join(MEASURES)}"
        raise InvalidInput(message) from None


def rows_for(frame: pl.DataFrame, measure: Measure, *, other: Side = "b") -> pl.Series:
    """True where the measure is defined on the baseline and the other side (n,)."""
    sides = "status_a", f"status_{other}"
    if measure.base == "answered":
        return frame.select(pl.all_horizontal(pl.col(side).is_not_null() for side in sides)).to_series()
    usable = pl.all_horizontal(pl.col(side).is_in(USABLE) for side in sides)
    if measure.base == "labelled":
        usable = usable & pl.col("label_sentiment").is_not_null()
    return frame.select(usable.fill_null(value=False)).to_series()
