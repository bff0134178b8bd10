"""KPIs on the wire. Shares are percentages, means are null where nothing is known, times are seconds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from evosense.ai.registered_models import RegisteredModel
from evosense.metrics.models import DailyKpis, Kpis, TenantMetrics
from evosense.metrics.registry import BY_NAME

Percent = Annotated[float | None, Field(ge=-100, le=100)]
_DAY: JsonDict = {
    "scored": 812,
    "eligible": 815,
    "coverage": 0.9963,
    "avg_sentiment": 0.214,
    "avg_satisfaction": 67.3,
    "positive_pct": 48.1,
    "neutral_pct": 33.4,
    "negative_pct": 18.5,
    "messages_in": 901,
    "messages_out": 744,
    "conversations": 96,
    "first_response_seconds": 141.0,
    "unanswered_pct": 3.1,
    "avg_latency_ms": 1.9,
    "p95_latency_ms": 4,
}


def _as(metric: str) -> Any:
    """A field that is described as the registry describes the metric."""
    return Field(description=BY_NAME[metric].definition)


class Figures(BaseModel):
    """What was said over some time, and what the model of its time thought of it."""

    messages_in: int = _as("messages_in")
    messages_out: int = _as("messages_out")
    conversations: int = _as("conversations")
    eligible: int = _as("eligible")
    scored: int = _as("scored")
    coverage: float | None = _as("coverage")
    avg_sentiment: float | None = _as("sentiment_mean")
    avg_satisfaction: float | None = _as("satisfaction_mean")
    positive_pct: Percent = _as("positive_pct")
    neutral_pct: Percent = _as("neutral_pct")
    negative_pct: Percent = _as("negative_pct")
    first_response_seconds: float | None = Field(description="Median until a person answered the customer")
    unanswered_pct: Percent = _as("unanswered_pct")
    avg_latency_ms: float | None = _as("latency_mean_ms")
    p95_latency_ms: int | None = _as("latency_p95_ms")


class ScoredBy(BaseModel):
    """A model behind the figures."""

    config_hash: str = Field(examples=["c1:9f2c…"])
    provider: str = Field(description="embedded means: rules and word lists, no language model", examples=["embedded"])
    model: str = Field(examples=["leia-rules-1"])


class Metrics(Figures):
    """The KPIs of a period, with the models and prompts that produced them."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "tenant_id": "01997a5c-3c43-7d3a-b6f1-2f6c1f4f6a10",
                "from_day": "2026-10-22",
                "to_day": "2026-11-20",
                "today": "2026-11-20",
                **_DAY,
                "total_messages": 1645,
                "messages_today": 58,
                "active_connections": 1,
                "live_connections": 1,
                "scored_by": [{"config_hash": "c1:9f2c", "provider": "embedded", "model": "leia-rules-1"}],
                "prompt_hashes": ["p1:77ab"],
            }
        }
    )

    tenant_id: UUID
    from_day: date
    to_day: date
    today: date = Field(description="In the company's timezone")
    total_messages: int
    messages_today: int
    active_connections: int = Field(description="Switched on")
    live_connections: int = Field(description="Listening at this moment")
    scored_by: list[ScoredBy]
    prompt_hashes: list[str]

    @classmethod
    def of(cls, tenant_id: UUID, metrics: TenantMetrics, models: list[RegisteredModel]) -> Metrics:
        """The wire form of `metrics`."""
        return cls(
            tenant_id=tenant_id,
            from_day=metrics.from_day,
            to_day=metrics.to_day,
            today=metrics.today,
            total_messages=metrics.total_messages,
            messages_today=metrics.messages_today,
            active_connections=metrics.active_connections,
            live_connections=metrics.live_connections,
            scored_by=[ScoredBy(config_hash=m.config_hash, provider=m.provider, model=m.model) for m in models],
            prompt_hashes=list(metrics.kpis.messages.prompt_hashes),
            **_figures(metrics.kpis),
        )


class Day(Figures):
    """The KPIs of one local day."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"day": "2026-11-20", "is_open": True, "active_contacts": 71, **_DAY}}
    )

    day: date
    is_open: bool = Field(description="Computed this moment, because the warehouse has not caught up")
    active_contacts: int

    @classmethod
    def of(cls, daily: DailyKpis) -> Day:
        """The wire form of `daily`."""
        return cls(
            day=daily.local_day,
            is_open=daily.is_open,
            active_contacts=daily.active_contacts,
            **_figures(daily.kpis),
        )


class DailySeries(BaseModel):
    """Each day from the first to the last, in order, days without anything included."""

    tenant_id: UUID
    days: list[Day]


def _figures(kpis: Kpis) -> dict[str, Any]:
    messages, conversations, inferences = kpis.messages, kpis.conversations, kpis.inferences
    response = conversations.first_response_p50_ms
    return {
        "messages_in": messages.messages_in,
        "messages_out": messages.messages_out,
        "conversations": conversations.conversations,
        "eligible": messages.eligible,
        "scored": messages.scored,
        "coverage": _float(messages.coverage),
        "avg_sentiment": _float(messages.sentiment_mean),
        "avg_satisfaction": _float(messages.satisfaction_mean),
        "positive_pct": _float(messages.positive_pct),
        "neutral_pct": _float(messages.neutral_pct),
        "negative_pct": _float(messages.negative_pct),
        "first_response_seconds": None if response is None else response / 1000,
        "unanswered_pct": _float(conversations.unanswered_pct),
        "avg_latency_ms": _float(inferences.latency_mean_ms),
        "p95_latency_ms": inferences.latency_p95_ms,
    }


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
