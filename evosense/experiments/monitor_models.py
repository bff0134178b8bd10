"""What is seen of a challenger at one look: measures with their confidence sequences, and the decision."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from evosense.experiments.statistics import ConfidenceSequence

Decision = Literal["harm_stop", "futility", "promote_ready", "go_on"]


@dataclass(frozen=True)
class Watched:
    """One measure's sequence, turned so that above 0 is better, with the margin it is held against."""

    measure: str
    sequence: ConfidenceSequence
    margin: float


@dataclass(frozen=True)
class Reading:
    """What the monitor sees of an arm now. `units` are chat days, `fraction` of those that were planned."""

    arm: str
    units: int
    fraction: float
    primary: Watched | None
    guardrails: tuple[Watched, ...]
    decision: Decision
    reason: str

    def detail(self) -> dict[str, Any]:
        """Numbers for the event, the table and the log."""
        watched = [item for item in (self.primary, *self.guardrails) if item is not None]
        return {
            "units": self.units,
            "fraction": round(self.fraction, 4),
            "reason": self.reason,
            **{
                item.measure: {
                    "estimate": item.sequence.estimate,
                    "low": finite_or_none(item.sequence.low),
                    "high": finite_or_none(item.sequence.high),
                    "margin": item.margin,
                }
                for item in watched
            },
        }


def finite_or_none(value: float) -> float | None:
    """The number, or None for the infinite limits of a sequence that is not burnt in."""
    return value if math.isfinite(value) else None
