"""What a benchmark answers: named figures, with the goal and the peer that each is held against."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """One measured number. A ratio is taken within one run, so that a slow machine slows both sides."""

    name: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    goal: float
    peer: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_reached(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal


@dataclass(frozen=True)
class Context:
    """What every benchmark is given: a scratch folder and a way to say how far it is."""

    folder: Path
    progress: Callable[[str], None]
    is_full: bool = False


Benchmark = Callable[[Context], Coroutine[Any, Any, list[Figure]]]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of `values` lie, by linear interpolation."""
    ordered = sorted(values)
    if len(ordered) == 1:
        return ordered[0]
    return statistics.quantiles(ordered, n=1000, method="inclusive")[max(0, min(998, round(share * 1000) - 1))]


def write(path: Path, figures: Sequence[Figure]) -> None:
    """The figures as JSON; those of other subjects that are in the file already stay."""
    kept: dict[str, dict[str, Any]] = {}
    if path.exists():
        kept = {figure["name"]: figure for figure in json.loads(path.read_text())}
    kept |= {figure.name: asdict(figure) for figure in figures}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([kept[name] for name in sorted(kept)], indent=2, ensure_ascii=False) + "\n")
