"""What can be exported, and how far an export is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

Dataset = Literal["conversations", "messages", "daily_kpis"]
Format = Literal["csv", "parquet", "json"]
State = Literal["ready", "streaming", "done", "failed", "refused"]
Every = Literal["day", "week", "month"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is of: local days first..last of the tenant, both included."""

    dataset: Dataset
    format: Format
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Export:
    """An export and its latest fetch. `rows_total` is None until it was counted; times are UTC."""

    tenant_id: UUID
    id: UUID
    dataset: Dataset
    format: Format
    first_day: date
    last_day: date
    state: State
    schedule_id: UUID | None
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    rows_total: int | None
    rows_done: int
    bytes_done: int
    fetches: int

    @property
    def wanted(self) -> Wanted:
        """What it is of."""
        return Wanted(self.dataset, self.format, self.first_day, self.last_day)

    @property
    def filename(self) -> str:
        """The name under which browsers keep it."""
        return f"evosense-{self.dataset}-{self.first_day}-{self.last_day}.{self.format}"


@dataclass(frozen=True, slots=True)
class ReportSchedule:
    """A report that is made after each day, week or month; `last_period` is the last day it covered so far."""

    tenant_id: UUID
    id: UUID
    name: str
    dataset: Dataset
    format: Format
    every: Every
    created_by: str
    created_at: datetime
    last_period: date | None
