"""What a replay is: asked for, planned, counted by day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from evosense.experiments.datasets import Window
from evosense.experiments.models import Arm

State = Literal["requested", "planned", "running", "done", "canceled", "failed"]
OPEN_STATES: tuple[State, ...] = ("requested", "planned", "running")


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What somebody wants replayed.

    Attributes:
        window: which messages.
        prompt_name: the prompt's name, `sentiment`.
        baseline: `champion`, another channel, `v7`, or the beginning of a hash.
        candidates: the same, one to eight.
        requested_by: who.
        max_cost_micros: refuse to start above this, in millionths of a US dollar.
        experiment_id: the registered question it belongs to.
    """

    window: Window
    candidates: tuple[str, ...]
    requested_by: str
    prompt_name: str = "sentiment"
    baseline: str = "champion"
    max_cost_micros: int | None = None
    experiment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A replay as stored; counts are calls, one per message and arm."""

    tenant_id: UUID
    id: UUID
    experiment_id: UUID | None
    state: State
    prompt_name: str
    baseline: str
    candidates: list[str]
    arms: list[dict[str, str]]
    first_day: date
    last_day: date
    tenant_ids: list[UUID] | None
    filters: dict[str, Any]
    share_bp: int
    dataset_hash: str | None
    items: int
    calls_planned: int
    calls_reused: int
    calls_done: int
    calls_failed: int
    estimated_cost_micros: int
    max_cost_micros: int | None
    cost_micros: int
    report_hashes: list[str]
    error_class: str | None
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN_STATES

    @property
    def window(self) -> Window:
        """Which messages it is about."""
        connections = self.filters.get("connection_ids")
        return Window(
            first=self.first_day,
            last=self.last_day,
            tenant_ids=None if self.tenant_ids is None else tuple(self.tenant_ids),
            share_bp=self.share_bp,
            emotions=tuple(self.filters["emotions"]) if self.filters.get("emotions") else None,
            connection_ids=tuple(UUID(one) for one in connections) if connections else None,
        )

    @property
    def resolved(self) -> tuple[Arm, ...]:
        """Baseline and candidates, once planned."""
        return tuple(Arm(arm["label"], arm["prompt_hash"], arm["config_hash"]) for arm in self.arms)


@dataclass(frozen=True, slots=True)
class Day:
    """How far a run is on one tenant-local day. `missing` calls have neither an answer nor a waiting task."""

    local_day: date
    calls: int
    answered: int
    waiting: int
    missing: int
    cost_micros: int


@dataclass(frozen=True, slots=True)
class Price:
    """What calls under a model cost lately."""

    cost_micros: float
    latency_ms: float
    recent: int


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What planning found out."""

    arms: tuple[Arm, ...]
    dataset_hash: str
    items: int
    calls: int
    reused: int
    cost_micros: int = field(default=0)
