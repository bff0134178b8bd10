"""Metrics from the registry on the wire: their definitions, cells over time, rankings, what is behind a number."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.metrics.metric import Direction, Unit


class Described(BaseModel):
    """What a metric means."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["positive_pct"])
    label: str = Field(description="In Portuguese, for screens", examples=["Positivas"])
    unit: Unit = Field(description="share is 0..1, percent 0..100, points as the definition says")
    grain: str = Field(description="The finest stretch of time that it is known for", examples=["hour"])
    definition: str
    n_of: str = Field(description="What n counts: the denominator of a mean or share")
    minimum_n: int = Field(description='Below it a screen says "too few" instead of comparing')
    interval: str = Field(description="How its 95 % interval is made; none where it is a plain count")
    source: str = Field(description="Where its SQL stands")
    better: Direction = Field(description="The direction that is good news")


class Bounds(BaseModel):
    """A value with its 95 % interval."""

    model_config = ConfigDict(from_attributes=True)

    value: float
    low: float | None
    high: float | None
    n: int


class MetricValue(BaseModel):
    """A metric of a cell, with what it rests on."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"example": {"value": 48.1, "n": 812, "low": 44.7, "high": 51.5, "is_enough": True}},
    )

    value: float | None = Field(description="Null where nothing is known")
    n: int
    low: float | None = Field(description="Lower bound of the 95 % interval; null where n allows none")
    high: float | None
    is_enough: bool = Field(description="n reaches the metric's minimum")


class MetricCell(BaseModel):
    """One stretch of time, or hour of the week."""

    model_config = ConfigDict(from_attributes=True)

    day: date | None = Field(description="Its first local day; null in a heat-map")
    weekday: int | None = Field(description="ISO weekday (Monday 1) in a heat-map, else null")
    hour: int | None = Field(description="Its local hour; null where the grain is a day or more")
    values: dict[str, MetricValue] = Field(description="By the metric's name")
    coverage: float | None = Field(description="Scored / eligible customer messages, 0..1")
    prompt_hashes: list[str] = Field(description="The prompts behind its scores")
    config_hashes: list[str] = Field(description="The models behind its scores")
    is_open: bool = Field(description="It can still move: it holds today, or the warehouse has not caught up")
    has_gap: bool = Field(description="A connection may have missed messages in it that have not come back")


class MetricSeries(BaseModel):
    """Cells in order, those without anything included."""

    tenant_id: UUID
    grain: Literal["hour", "day", "week", "month"]
    metrics: list[Described]
    cells: list[MetricCell]


class Heatmap(BaseModel):
    """168 cells: Monday 0 h to Sunday 23 h."""

    tenant_id: UUID
    metric: Described
    cells: list[MetricCell]


class Standing(BaseModel):
    """One connection or author."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    place: int | None = Field(description="By the certain bound of the interval; null below n = 20")
    value: MetricValue = Field(description="Its value is null below n = 5")
    coverage: float | None = Field(description="Scored ÷ eligible customer messages, 0..1; null without any")
    prompt_hashes: list[str] = Field(description="The prompts behind its scores")
    config_hashes: list[str] = Field(description="The models behind its scores")


class Leaderboard(BaseModel):
    """The best first, those without a place last."""

    tenant_id: UUID
    metric: Described
    by: Literal["connection", "author"]
    standings: list[Standing]


class ExplainedItem(BaseModel):
    """One thing behind a number."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    counts: bool = Field(description="It is in the numerator")
    value: float | None = Field(description="What it contributes to a mean or percentile")


class Explanation(BaseModel):
    """What a number rests on."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["message", "conversation", "inference"]
    n: int = Field(description="How many things the number rests on")
    counted: int = Field(description="How many of them are in the numerator")
    items: list[ExplainedItem] = Field(description="Oldest first, one page")


class EmotionShare(BaseModel):
    """One emotion over the period."""

    model_config = ConfigDict(from_attributes=True)

    emotion: str = Field(examples=["frustracao"])
    n: int
    share: Bounds | None = Field(description="Of scored customer messages, 0..1")
    sentiment_mean: float
    satisfaction_mean: float
    confidence_mean: float | None = Field(description="Of the model, where it says how sure it was")


class EmotionReport(BaseModel):
    """The emotions of a period, most frequent first. What a text says of an emotion misleads easily."""

    model_config = ConfigDict(from_attributes=True)

    scored: int
    emotions: list[EmotionShare]
    days: dict[date, dict[str, int]] = Field(description="Counts by local day and emotion")
    prompt_hashes: list[str]
    config_hashes: list[str]
