"""Exports and scheduled reports on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.exports.models import Dataset, Every, Export, Format, ReportSchedule, State, Wanted

_DATASET = Field(description="conversations and messages: one row each; daily_kpis: one row a local day")
_FIRST, _LAST = date(2009, 1, 1), date(2199, 12, 31)
_Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


class NewExport(BaseModel):
    """What to export: local days of your company, both included."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "dataset": "conversations",
                "format": "csv",
                "first_day": "2026-11-01",
                "last_day": "2026-11-20",
            }
        },
    )

    dataset: Annotated[Dataset, _DATASET]
    format: Format = "csv"
    first_day: _Day
    last_day: _Day

    def wanted(self) -> Wanted:
        """The domain's form."""
        return Wanted(self.dataset, self.format, self.first_day, self.last_day)


class ExportJob(BaseModel):
    """An export. Its rows are read when `link` is fetched and stored nowhere: they are those of that moment."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    dataset: Dataset
    format: Format
    first_day: date
    last_day: date
    state: State = Field(
        description="ready: not fetched yet; streaming; done; failed: broken off, fetch again; refused: limit reached"
    )
    schedule_id: UUID | None = Field(description="The report that it belongs to")
    requested_at: datetime
    expires_at: datetime = Field(description="After it nothing can be fetched any more")
    rows_total: int | None = Field(description="Null while unknown")
    rows_done: int
    bytes_done: int
    fetches: int
    filename: str
    link: str | None = Field(
        None, description="Where to fetch the file, without a token, for 15 minutes; only where one export is asked for"
    )

    @classmethod
    def of(cls, export: Export, link: str | None = None) -> ExportJob:
        """From the domain's export."""
        return cls.model_validate(export).model_copy(update={"link": link})


class NewScheduledReport(BaseModel):
    """A report to be made after each day, week or month of your company's calendar."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "Semanal", "dataset": "daily_kpis", "format": "csv", "every": "week"}},
    )

    name: Annotated[str, Field(min_length=1, max_length=80)]
    dataset: Annotated[Dataset, _DATASET]
    format: Format = "csv"
    every: Every

    def values(self) -> dict[str, Any]:
        """Its columns."""
        return self.model_dump()


class ScheduledReport(BaseModel):
    """A scheduled report; what it made is among the exports, by `schedule_id`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    dataset: Dataset
    format: Format
    every: Every
    created_at: datetime
    last_period: date | None = Field(description="Last day that it has covered so far")

    @classmethod
    def of(cls, schedule: ReportSchedule) -> ScheduledReport:
        """From the domain's schedule."""
        return cls.model_validate(schedule)
