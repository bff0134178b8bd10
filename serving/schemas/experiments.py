"""Prompts and experiments on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.experiments.datasets import Window
from evosense.experiments.reports import Report
from evosense.experiments.run_models import ReplayRequest, Run
from evosense.prompts.channels import Channel, ChannelEvent, Version
from evosense.prompts.parse import PromptIn

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-z][a-z0-9_-]*$")]
Reference = Annotated[
    str, Field(min_length=1, max_length=80, description="A channel, `v7`, or the beginning of a hash")
]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class PromptVersion(BaseModel):
    """A prompt version; `is_shared` ones belong to everybody and can't be changed by anybody."""

    model_config = ConfigDict(from_attributes=True)

    prompt_hash: str
    name: str
    version_no: int
    is_shared: bool
    template: dict[str, Any]
    output_schema: dict[str, Any]
    parent_hash: str | None
    author: str
    created_at: datetime
    channels: list[str] = Field(description="Channels that point to it for your company")

    @classmethod
    def of(cls, version: Version) -> PromptVersion:
        """From the domain's version."""
        return cls.model_validate(version)


class NewPrompt(PromptIn):
    """A version to register; registering ships nothing."""

    name: Name = "sentiment"
    parent_hash: str | None = None


class Registered(BaseModel):
    """The version's hash, which is its name."""

    prompt_hash: str


class PromptChannel(BaseModel):
    """Which version is live."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    channel: str
    prompt_hash: str
    is_inherited: bool = Field(description="Everybody's channel, because your company has none of its own")
    updated_at: datetime

    @classmethod
    def of(cls, channel: Channel) -> PromptChannel:
        """From the domain's channel."""
        return cls.model_validate(channel)


class PromptEvent(BaseModel):
    """A move of a channel."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    channel: str
    from_hash: str | None
    to_hash: str | None
    actor: str
    approver: str | None
    reason: str
    report_hash: str | None
    at: datetime

    @classmethod
    def of(cls, event: ChannelEvent) -> PromptEvent:
        """From the domain's event."""
        return cls.model_validate(event)


class MoveChannel(BaseModel):
    """Where a channel shall point, why, and on what report; champion needs a passing one."""

    version: Reference
    reason: Reason
    name: Name = "sentiment"
    channel: Name = "champion"
    report_hash: str | None = None


class RollBack(BaseModel):
    """Which channel shall go back, and why."""

    reason: Reason
    name: Name = "sentiment"
    channel: Name = "champion"


class Moved(BaseModel):
    """Where the channel points now; null when everybody's holds again."""

    prompt_hash: str | None


class PromptDiff(BaseModel):
    """A unified diff; empty when both say the same."""

    diff: str


class Replay(BaseModel):
    """A window of your messages to be scored under other prompts."""

    candidates: Annotated[list[Reference], Field(min_length=1, max_length=8)]
    first_day: date = Field(description="First local day")
    last_day: date = Field(description="Last local day, included")
    name: Name = "sentiment"
    baseline: Reference = "champion"
    share: Annotated[float, Field(gt=0, le=1, description="Deterministic sample of the messages")] = 1.0
    emotions: Annotated[list[str], Field(min_length=1, max_length=11)] | None = None
    connection_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)] | None = None
    max_cost_usd: Annotated[float, Field(ge=0, le=1_000_000)] | None = None

    def as_request(self, tenant_id: UUID, by: str) -> ReplayRequest:
        """For the domain; always of the caller's own company."""
        window = Window(
            first=self.first_day,
            last=self.last_day,
            tenant_ids=(tenant_id,),
            share_bp=max(1, round(self.share * 10_000)),
            emotions=None if self.emotions is None else tuple(self.emotions),
            connection_ids=None if self.connection_ids is None else tuple(self.connection_ids),
        )
        return ReplayRequest(
            window=window,
            candidates=tuple(self.candidates),
            requested_by=by,
            prompt_name=self.name,
            baseline=self.baseline,
            max_cost_micros=None if self.max_cost_usd is None else round(self.max_cost_usd * 1e6),
        )


class Requested(BaseModel):
    """The run; ask for it until its state is done, failed or canceled."""

    run_id: UUID


class ExperimentRun(BaseModel):
    """A replay: `requested`, `planned`, `running`, `done`, `canceled` or `failed`; counts are calls."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: str
    prompt_name: str
    baseline: str
    candidates: list[str]
    first_day: date
    last_day: date
    share_bp: int
    items: int
    calls_planned: int
    calls_reused: int
    calls_done: int
    calls_failed: int
    estimated_cost_micros: int
    cost_micros: int
    report_hashes: list[str]
    error_class: str | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> ExperimentRun:
        """From the domain's run."""
        return cls.model_validate(run)


class ComparisonReport(BaseModel):
    """A report: immutable, named by the hash of its content."""

    report_hash: str
    outcome: str = Field(description="pass, fail or undecided: the gates together")
    verdict: str
    created_at: datetime
    card: dict[str, Any]

    @classmethod
    def of(cls, report: Report) -> ComparisonReport:
        """From the domain's report."""
        return cls(
            report_hash=report.report_hash,
            outcome=report.outcome,
            verdict=report.verdict,
            created_at=report.created_at,
            card=report.content,
        )
