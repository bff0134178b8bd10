"""Themes on the wire."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ThemeRow(BaseModel):
    """A theme over the period."""

    model_config = ConfigDict(from_attributes=True)

    theme_id: UUID | None = Field(description="Null: everything that belongs to no theme")
    words: list[str] = Field(description="Its distinctive words", examples=[["entrega", "atrasada", "prazo"]])
    n: int
    share: float
    sentiment_mean: float
    satisfaction_mean: float
    impact: float = Field(description="Points that it adds to the net sentiment; all impacts sum to it")
    positive_points: float = Field(description="Its part of score + 100")
    negative_points: float = Field(description="Its part of 100 - score")
    is_emerging: bool = Field(description="In the last seven days clearly more of it than before")
    lift: float | None = Field(description="Its share in the last seven days / before; null where there was none")


class ThemeReport(BaseModel):
    """What customers talk about, those with most messages first."""

    model_config = ConfigDict(from_attributes=True)

    scored: int
    net_sentiment: float | None
    themes: list[ThemeRow]
    prompt_hashes: list[str]
    config_hashes: list[str]
