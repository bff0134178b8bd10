"""Shadows, proposals and previews on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.experiments.models import DEFAULT_GUARDRAILS, Goal, Guardrail, Question
from evosense.experiments.readings import StoredReading
from evosense.experiments.register_shadow import ShadowRequest
from evosense.experiments.registry import Event, Experiment, ShadowArm
from serving.schemas.experiments import MoveChannel, Name, Reference


class Challenger(BaseModel):
    """A version with its share of messages in basis points (1,000 = 10 %)."""

    version: Reference
    share_bp: Annotated[int, Field(ge=1, le=10_000)] = 1_000


class GuardrailIn(BaseModel):
    """A measure that may get worse by less than `margin`; a relative margin is a share of the champion's mean."""

    measure: Annotated[str, Field(max_length=40)]
    margin: Annotated[float, Field(gt=0, le=1_000_000)]
    is_relative: bool = False


class NewShadow(BaseModel):
    """The question, registered before looking; it begins when you say so and never changes afterwards."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "v2 em sombra",
                "hypothesis": "v2 reads irony better",
                "challengers": [{"version": "v2", "share_bp": 1000}],
                "margin": 0.02,
            }
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=120)]
    hypothesis: Annotated[str, Field(min_length=1, max_length=1000)]
    challengers: Annotated[list[Challenger], Field(min_length=1, max_length=8)]
    prompt_name: Name = "sentiment"
    primary: Annotated[str, Field(max_length=40, description="The measure that decides")] = "sentiment"
    goal: Goal = "better"
    margin: Annotated[float, Field(gt=0, le=100, description="The smallest difference that matters")] = 0.02
    guardrails: Annotated[
        list[GuardrailIn] | None, Field(max_length=10, description="invalid, slow and cost when left out")
    ] = None
    planned_chats: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    aa_share_bp: Annotated[int, Field(ge=0, le=10_000)] = 100

    def as_request(self, by: str) -> ShadowRequest:
        """For the domain."""
        return ShadowRequest(
            name=self.name,
            hypothesis=self.hypothesis,
            challengers=[(one.version, one.share_bp) for one in self.challengers],
            created_by=by,
            question=Question(primary=self.primary, goal=self.goal, margin=self.margin, guardrails=self._rails()),
            prompt_name=self.prompt_name,
            planned_chats=self.planned_chats,
            aa_share_bp=self.aa_share_bp,
        )

    def _rails(self) -> tuple[Guardrail, ...]:
        if self.guardrails is None:
            return DEFAULT_GUARDRAILS
        return tuple(Guardrail(rail.measure, rail.margin, rail.is_relative) for rail in self.guardrails)


class Shadow(BaseModel):
    """An experiment: `draft`, `running`, `ready`, `harm_stopped`, `futile`, `promoted` or `stopped`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    hypothesis: str
    prompt_name: str
    primary_measure: str
    goal: str
    margin: float
    alpha: float
    guardrails: list[dict[str, Any]]
    planned_chats: int
    aa_share_bp: int
    state: str
    created_by: str
    created_at: datetime
    frozen_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, experiment: Experiment) -> Shadow:
        """From the domain's experiment."""
        return cls.model_validate(experiment)


class ShadowArmView(BaseModel):
    """A version that takes part."""

    model_config = ConfigDict(from_attributes=True)

    arm: str
    prompt_hash: str
    config_hash: str
    share_bp: int
    is_baseline: bool
    stopped_at: datetime | None
    stop_reason: str | None


class PathPoint(BaseModel):
    """The confidence sequence after t chat days; limits are null before the burn-in."""

    t: int
    low: float | None
    estimate: float
    high: float | None


class WatchedMeasure(BaseModel):
    """A measure turned so that above 0 is better, with the margin it is held against."""

    measure: str
    is_primary: bool
    estimate: float
    low: float | None
    high: float | None
    margin: float


class DropsOfHour(BaseModel):
    """Sampled messages of an hour (UTC), and those the challenger neither answered nor will."""

    hour: datetime
    sampled: int
    dropped: int


class ShadowReading(BaseModel):
    """What the monitor last saw of a challenger."""

    arm: str
    read_at: datetime
    decision: str = Field(description="go_on, promote_ready, harm_stop or futility")
    reason: str
    units: int = Field(description="Closed chat days")
    fraction: float = Field(description="Of those planned")
    measures: list[WatchedMeasure]
    path: list[PathPoint] = Field(description="Of the primary measure, up to 200 points")
    drops: list[DropsOfHour]
    sample_ratio_p: float | None = Field(description="Below 0.01: the sample is not the planned share")
    drift: dict[str, Any] | None = Field(description="Of the champion's own sentiment: estimate, threshold, is_drift")

    @classmethod
    def of(cls, stored: StoredReading) -> ShadowReading:
        """From the stored reading."""
        return cls.model_validate({"arm": stored.arm, "read_at": stored.read_at, **stored.reading})


class ShadowEvent(BaseModel):
    """A decision."""

    model_config = ConfigDict(from_attributes=True)

    arm: str | None
    kind: str
    actor: str
    detail: dict[str, Any]
    at: datetime


class ShadowDetail(Shadow):
    """An experiment with its arms, what the monitor last saw of each, and its decisions."""

    arms: list[ShadowArmView]
    readings: list[ShadowReading]
    events: list[ShadowEvent]

    @classmethod
    def whole(
        cls, experiment: Experiment, arms: list[ShadowArm], readings: list[StoredReading], events: list[Event]
    ) -> ShadowDetail:
        """From the domain's parts."""
        return cls(
            **Shadow.of(experiment).model_dump(),
            arms=[ShadowArmView.model_validate(arm) for arm in arms],
            readings=[ShadowReading.of(one) for one in readings],
            events=[ShadowEvent.model_validate(event) for event in events],
        )


class ReplayPreview(BaseModel):
    """What a replay would do and could show; nothing is written by asking."""

    model_config = ConfigDict(from_attributes=True)

    items: int = Field(description="Messages")
    chats: int
    calls: int
    reused: int = Field(description="Calls that are answered already and not paid for again")
    cost_micros: int = Field(description="Millionths of a US dollar")
    eta_seconds: float
    delta: float = Field(description="The difference that the next two are about")
    power: float = Field(description="Chance (0..1) to see it with these messages")
    chats_needed: int = Field(description="Chats that show it with 80 % chance")


class Regression(BaseModel):
    """A message under both prompts, the candidate's answer worst against the baseline's first."""

    model_config = ConfigDict(from_attributes=True)

    message_id: UUID
    chat_id: UUID
    text: str | None
    sentiment_a: float
    sentiment_b: float
    emotion_a: str
    emotion_b: str
    summary_a: str | None
    summary_b: str | None
    delta: float


class ReportLine(BaseModel):
    """A report in a list."""

    model_config = ConfigDict(from_attributes=True)

    report_hash: str
    run_id: UUID | None
    experiment_id: UUID | None
    baseline_hash: str
    candidate_hash: str
    outcome: str
    verdict: str
    created_by: str
    created_at: datetime


class Proposed(BaseModel):
    """The proposal's id."""

    proposal_id: UUID


class NewProposal(MoveChannel):
    """A move of a channel that a second person shall agree to."""


class ChannelProposal(BaseModel):
    """A move that waits for (`open`) or got a second person's word."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    channel: str
    prompt_hash: str
    report_hash: str | None
    reason: str
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class PromptPolicy(BaseModel):
    """What a move of champion needs."""

    model_config = ConfigDict(from_attributes=True)

    four_eyes: bool = Field(description="A second person has to approve")
    needs_report: bool = Field(description="A passing report against today's champion")
