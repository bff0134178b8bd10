"""What is asked of a model on the spot, and its validated answer."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evosense.prompts.parse import PromptIn
from evosense.scoring.analyze import Analysis

_MOST = 20


class AnalyzeRequest(BaseModel):
    """A text or messages of yours, and optionally another prompt than the champion's."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "O pedido chegou atrasado e ninguém me avisou."}}
    )

    text: Annotated[str, Field(min_length=1, max_length=8000)] | None = None
    message_ids: Annotated[list[UUID], Field(max_length=_MOST)] = Field(default_factory=list[UUID])
    prompt: PromptIn | None = Field(None, description="Asked instead of the champion; it is not registered.")

    @model_validator(mode="after")
    def _has_a_subject(self) -> Self:
        if (self.text is None) == (not self.message_ids):
            message = "send a text or message_ids, one of the two"
            raise ValueError(message)
        return self


class AnalyzedScore(BaseModel):
    """The contract's fields."""

    sentiment: float
    satisfaction: int
    emotion: str
    tone: str
    summary: str
    confidence: float | None


class AnalyzeResult(BaseModel):
    """One answer. `score` is there when the status is ok or repaired; else `reason` says why not."""

    message_id: UUID | None
    status: Literal["ok", "repaired", "invalid", "truncated", "refused", "failed"]
    reason: str | None
    score: AnalyzedScore | None
    reasked: bool
    provider: str
    model: str
    prompt_hash: str
    config_hash: str
    latency_ms: float
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float

    @classmethod
    def of(cls, analysis: Analysis) -> Self:
        """The answer as the API shows it."""
        verdict = analysis.verdict
        score = verdict.score if verdict else None
        return cls(
            message_id=analysis.message_id,
            status=verdict.status if verdict else "failed",
            reason=verdict.reason if verdict else analysis.error_class,
            score=AnalyzedScore(sentiment=score.sentiment, **score.model_dump(exclude={"sentiment_x100"}))
            if score
            else None,
            reasked=analysis.reasked,
            provider=analysis.config.provider,
            model=analysis.config.model,
            prompt_hash=analysis.prompt_hash,
            config_hash=analysis.config.config_hash,
            latency_ms=round(analysis.latency_ms, 1),
            tokens_in=analysis.tokens_in,
            tokens_out=analysis.tokens_out,
            cost_usd=analysis.cost_usd,
        )
