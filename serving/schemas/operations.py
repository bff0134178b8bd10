"""Waits, models' answers, coverage with gaps, and business hours on the wire."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from evosense.conversations.business_hours import BusinessHours, Holiday, Opening
from serving.schemas.metrics import Bounds


class Waits(BaseModel):
    """Waits in milliseconds."""

    model_config = ConfigDict(from_attributes=True)

    n: int
    mean_ms: float | None
    p50_ms: Bounds | None
    p90_ms: Bounds | None
    p95_ms: Bounds | None
    buckets: tuple[int, int, int, int, int] = Field(description="Up to 1, 4, 8 and 24 hours, and longer")


class ResponseTimes(BaseModel):
    """How long customers waited, by the clock and by the company's business hours (null where it has set none)."""

    model_config = ConfigDict(from_attributes=True)

    first_response: Waits
    turn: Waits = Field(description="From the first message of a customer's burst to the next of a person")
    first_response_business: Waits | None
    turn_business: Waits | None
    unanswered: Bounds | None = Field(description="Share of conversations begun by customers without an answer, 0..1")
    customer_wait_mean_ms: float | None = Field(description="All waits of a conversation together")
    resolution: Waits = Field(description="Of closed conversations: to the close, or to the last message")
    closes: int = Field(description="Closed by people")
    closed_conversations: int = Field(description="Closed by people or by silence")
    closed_contacts: int = Field(description="The contacts behind them")


class Answers(BaseModel):
    """What models did for one purpose."""

    model_config = ConfigDict(from_attributes=True)

    purpose: str = Field(description="prod, shadow, replay, aa; any: calls without an answer, whatever they were for")
    inferences: int = Field(description="Valid answers")
    repaired: int
    invalid: int
    truncated: int
    refused: int
    unanswered: int = Field(description="Calls that brought no answer")
    latency_p50_ms: int | None = Field(description="Of valid answers; percentiles are within 1 %")
    latency_p95_ms: int | None
    latency_p99_ms: int | None
    latency_mean_ms: float | None
    invalid_rate: Bounds | None = Field(description="Answers that were no valid ones, 0..1")
    tokens_in: int
    tokens_out: int
    cost_micros: int = Field(description="Millionths of a dollar")
    prompt_hashes: list[str]
    config_hashes: list[str]


class AnswerDay(BaseModel):
    """One local day on which models were asked."""

    day: date
    purposes: list[Answers]


class AnswerReport(BaseModel):
    """The models at work, production and shadow apart."""

    error_rate: Bounds | None = Field(description="Calls without an answer of all calls, 0..1")
    purposes: list[Answers]
    days: list[AnswerDay]


class Coverage(BaseModel):
    """How much of what was said the models have worked on, and how much room it takes."""

    model_config = ConfigDict(from_attributes=True)

    messages: int = Field(description="All that was stored, groups and stickers included")
    messages_in: int
    eligible: int
    scored: int
    scored_share: float | None
    embeddable: int
    embedded: int
    embedded_share: float | None
    redacted: int
    redacted_share: float | None
    audio_without_text: int
    audio_without_text_share: float | None
    text_bytes: int
    vector_bytes: int


class CoverageDay(Coverage):
    """The coverage of one local day."""

    day: date
    has_gap: bool


class Gap(BaseModel):
    """A stretch in which a connection may have missed messages."""

    model_config = ConfigDict(from_attributes=True)

    gap_id: UUID
    connection_id: UUID
    from_at: datetime
    to_at: datetime
    cause: str
    state: str = Field(description="open, repaired, partial or lost; only repaired ones don't shade a series")
    recovered: int = Field(description="Messages that findMessages gave back")


class CoverageReport(BaseModel):
    """Coverage and use of a period, day by day, with its gaps."""

    total: Coverage
    days: list[CoverageDay]
    gaps: list[Gap]


# A clock's time in the company's zone: JSON Schema's own format `time` would want an offset.
WallTime = Annotated[time, WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"})]


class OpeningHours(BaseModel):
    """A stretch of a weekday in which people are at work."""

    model_config = ConfigDict(
        from_attributes=True,
        extra="forbid",
        json_schema_extra={"example": {"weekday": 1, "opens": "09:00", "closes": "18:00"}},
    )

    weekday: Annotated[int, Field(ge=1, le=7, description="ISO: Monday 1, Sunday 7")]
    opens: WallTime
    closes: WallTime | None = Field(description="Null: midnight at the end of the day")


class HolidayDay(BaseModel):
    """A local day without work."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    local_day: date
    name: Annotated[str, Field(max_length=80)] = ""


class NewCalendar(BaseModel):
    """The company's calendar; no hours at all means around the clock."""

    model_config = ConfigDict(extra="forbid")

    openings: Annotated[list[OpeningHours], Field(max_length=70)]
    holidays: Annotated[list[HolidayDay], Field(max_length=400)] = []

    def as_openings(self) -> list[Opening]:
        """The hours for the domain; seconds are left out."""
        return [
            Opening(item.weekday, _minute(item.opens), None if item.closes is None else _minute(item.closes))
            for item in self.openings
        ]

    def as_holidays(self) -> list[Holiday]:
        """The holidays for the domain."""
        return [Holiday(item.local_day, item.name) for item in self.holidays]


class Calendar(NewCalendar):
    """The company's calendar in its own timezone."""

    timezone: str

    @classmethod
    def of(cls, calendar: BusinessHours) -> Calendar:
        """The wire form of `calendar`."""
        return cls(
            timezone=calendar.timezone,
            openings=[OpeningHours.model_validate(item) for item in calendar.openings],
            holidays=[HolidayDay.model_validate(item) for item in calendar.holidays],
        )


def _minute(wall: time) -> time:
    return wall.replace(second=0, microsecond=0, tzinfo=None)
