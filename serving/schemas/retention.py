"""Retention of contacts on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.metrics.retention.cohorts import BRACKETS, Kind, Mean, Reference, Rules
from serving.period import Day
from serving.schemas.metrics import Bounds

Grain = Literal["day", "week", "month"]


class CohortRow(BaseModel):
    """Those who began in one period."""

    model_config = ConfigDict(from_attributes=True)

    starts_on: date
    size: int
    cells: list[Bounds | None] = Field(
        description="Share that came back, 0..1, by column; null: not over yet, or of none"
    )


class RetentionReport(BaseModel):
    """Cohorts in order; the last rows know fewer columns."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "columns": [[0, 0], [1, 1]],
                "cohorts": [
                    {
                        "starts_on": "2026-11-09",
                        "size": 41,
                        "cells": [{"value": 1, "low": 0.91, "high": 1, "n": 41}, None],
                    }
                ],
                "means": [1, None],
            }
        },
    )

    columns: list[tuple[int, int]] = Field(description="The periods after the first that a column covers")
    cohorts: list[CohortRow]
    means: list[float | None]


class RetentionQuery(BaseModel):
    """How retention is counted."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_day: Annotated[Day, Field(alias="from")]
    to_day: Annotated[Day, Field(alias="to")]
    grain: Grain = "week"
    kind: Kind = Field(
        "on", description="on: in period N; on_or_after: in N or later; bracket: within a range; every: in each up to N"
    )
    first_time: bool = Field(True, description="false: every active period opens a cohort")
    reference: Reference = Field("first", description="Shares of the whole cohort, or of the column before (previous)")
    mean: Mean = Field("weighted", description="By size, or all cohorts the same (simple)")
    periods: Annotated[int, Field(ge=1, le=60)] = 12

    def rules(self) -> Rules:
        """The same for the count."""
        return Rules(self.kind, self.first_time, self.reference, self.mean, self.periods, BRACKETS)


class CohortContactsQuery(RetentionQuery):
    """One cell of a retention report: its parameters, the cohort's first day, the column's place."""

    cohort: Annotated[Day, Field(description="A day of the cohort")]
    column: Annotated[int, Field(ge=0, le=60, description="Place in the report's `columns`, from 0")]
    came_back: bool = Field(True, description="false: those of the cohort who did not come back")
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class ContactSeen(BaseModel):
    """A contact and when it wrote; its conversations: `GET /api/conversations?contact_id=`."""

    model_config = ConfigDict(from_attributes=True)

    contact_id: UUID
    first_on: date = Field(description="First day of the period of its first message ever")
    last_on: date | None = Field(description="First day of the period in which it wrote last; null: all is deleted")
    periods: int = Field(description="In how many periods it wrote")


class ContactList(BaseModel):
    """The contacts behind a number of retention or lifecycle, those who wrote last first."""

    model_config = ConfigDict(from_attributes=True)

    n: int
    items: list[ContactSeen]


class StageRow(BaseModel):
    """The contacts of one period: new + returning + resurrecting = active; null where the plan keeps too little."""

    model_config = ConfigDict(from_attributes=True)

    starts_on: date
    new: int
    returning: int | None
    resurrecting: int | None
    dormant: int | None = Field(description="Wrote in the period before, not in this one")
    active: int | None
    is_complete: bool


class StickinessReport(BaseModel):
    """Contacts by the number of periods in which they wrote."""

    model_config = ConfigDict(from_attributes=True)

    contacts: dict[int, int]
    periods: int
    mean_share: float | None = Field(description="Mean share of the periods in which a contact wrote, 0..1")


class ChurnedContact(BaseModel):
    """A contact who left without a word."""

    model_config = ConfigDict(from_attributes=True)

    contact_id: UUID
    conversation_id: UUID
    chat_id: UUID
    local_day: date
    reason: Literal["unanswered", "negative"]
    ending_sentiment: float | None


class ChurnedList(BaseModel):
    """Contacts who left without a word, those who wrote last first."""

    n: int = Field(description="How many there are; `items` are the first of them")
    items: list[ChurnedContact]
