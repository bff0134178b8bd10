"""Counting what a drain did, by kind and local day, to be told at most once a minute: numbers only, no text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from evosense.scoring.models import Done

# Work on messages that are gone belongs to no day and touches no partition.
_QUIET = frozenset(("retried", "skipped", "superseded", "waiting", "dropped", "reasked"))


@dataclass
class DayTotals:
    """What happened to one kind of work of one local day since the last flush."""

    statuses: Counter[str] = field(default_factory=Counter[str])
    latencies_ms: list[float] = field(default_factory=list[float])
    queues_ms: list[int] = field(default_factory=list[int])
    cost_micros: int = 0

    def add(self, done: Done) -> None:
        """Count one piece of work."""
        self.statuses[done.status] += 1
        self.cost_micros += done.cost_micros
        if done.status not in _QUIET and done.status != "reused":
            self.latencies_ms.append(done.latency_ms)
        self.queues_ms.append(done.queue_ms)

    @property
    def has_results(self) -> bool:
        """Whether anything was settled."""
        return any(status not in _QUIET for status in self.statuses)

    def as_metadata(self) -> dict[str, int | float]:
        """Counts by status, latencies in milliseconds, cost in US dollars."""
        return {
            "messages": sum(count for status, count in self.statuses.items() if status not in _QUIET),
            **{f"status_{status}": count for status, count in sorted(self.statuses.items())},
            "latency_p50_ms": round(percentile(self.latencies_ms, 0.5), 3),
            "latency_p95_ms": round(percentile(self.latencies_ms, 0.95), 3),
            "queue_p50_ms": percentile(self.queues_ms, 0.5),
            "queue_p95_ms": percentile(self.queues_ms, 0.95),
            "cost_usd": self.cost_micros / 1e6,
        }


class Ledger:
    """Totals by (kind, day), and when they are due."""

    def __init__(self, every_seconds: float) -> None:
        """Totals are due `every_seconds` after the first entry since the last flush."""
        self._every = every_seconds
        self._totals: dict[tuple[str, date], DayTotals] = defaultdict(DayTotals)
        self._due_at: float | None = None
        self.settled = 0

    def add(self, done: Iterable[Done], now: float) -> None:
        """Count work; `now` is a monotonic time in seconds."""
        for one in done:
            self.settled += one.status not in _QUIET
            if one.day is not None:
                self._totals[one.kind, one.day].add(one)
        if self._totals and self._due_at is None:
            self._due_at = now + self._every

    def due_in(self, now: float) -> float | None:
        """Seconds until the next flush is due; None when there is nothing to tell."""
        return None if self._due_at is None else max(0.0, self._due_at - now)

    def take(self) -> list[tuple[str, date, DayTotals]]:
        """The totals of days where something was settled, and begin anew."""
        taken = [(kind, day, totals) for (kind, day), totals in sorted(self._totals.items()) if totals.has_results]
        self._totals.clear()
        self._due_at = None
        return taken


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank); 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
