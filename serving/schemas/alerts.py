"""Alerts and the rules of a company's own, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.metrics.alerts.report import Told
from evosense.metrics.alerts.rules import Condition
from serving.schemas.metrics import Described

_THRESHOLD = "In the metric's unit for above and below; for rises and falls, percent of what is usual on that weekday"


class NewAlertRule(BaseModel):
    """What a day must be like to be told of."""

    model_config = ConfigDict(extra="forbid")

    metric: Annotated[str, Field(description="A name of GET /api/metrics", max_length=60, examples=["negative_pct"])]
    condition: Condition
    threshold: Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False, description=_THRESHOLD, examples=[25])]


class AlertRule(BaseModel):
    """A rule of the company's own."""

    model_config = ConfigDict(from_attributes=True)

    rule_id: UUID
    metric: str = Field(examples=["negative_pct"])
    condition: Condition
    threshold: float = Field(description=_THRESHOLD)
    created_at: datetime


class AlertLettersChoice(BaseModel):
    """Whether you want alerts by mail."""

    model_config = ConfigDict(extra="forbid")

    is_wanted: bool


class AlertLetters(AlertLettersChoice):
    """Whether you get alerts by mail."""

    is_possible: bool = Field(description="Whether this installation can send mail: false without SMTP_HOST")


class Acknowledgement(BaseModel):
    """Somebody has taken notice."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    by: str | None = Field(description="The person's name; null once they have left", examples=["Ana"])


class AlertRow(BaseModel):
    """A metric that left its band yesterday: two days in a row, or for the one day that a rule is about."""

    metric: Described
    day: date
    value: float
    n: int
    median: float | None = Field(description="Of the same weekday in the 28 weeks before; null: fewer than four")
    low: float | None = Field(description="The band begins here; null where any low value is fine")
    high: float | None = Field(description="The band ends here; null where any high value is fine")
    side: Literal["high", "low"]
    is_bad: bool
    coverage: float | None = Field(description="Scored ÷ eligible customer messages of the day, 0..1")
    prompt_hashes: list[str] = Field(description="The prompts behind the day's scores")
    config_hashes: list[str] = Field(description="The models behind the day's scores")
    is_new_lineage: bool = Field(description="A prompt or model scored the day that scored none of the weekdays before")
    rule: AlertRule | None = Field(description="The rule that it breaks; null where its own past makes the band")
    acknowledged: Acknowledgement | None = Field(description="Who has taken notice of this metric's day first")

    @classmethod
    def of(cls, told: Told) -> AlertRow:
        """The wire form of `told`."""
        alert, rule, noticed = told.alert, told.rule, told.acknowledgement
        return cls(
            metric=Described.model_validate(alert.metric),
            day=alert.day,
            value=alert.value,
            n=alert.n,
            median=alert.median,
            low=alert.low,
            high=alert.high,
            side=alert.side,
            is_bad=alert.is_bad,
            coverage=alert.coverage,
            prompt_hashes=list(alert.prompt_hashes),
            config_hashes=list(alert.config_hashes),
            is_new_lineage=alert.is_new_lineage,
            rule=rule and AlertRule.model_validate(rule),
            acknowledged=noticed and Acknowledgement.model_validate(noticed),
        )
