"""The AI contract: what of a model's answer counts. Strict: nothing is clamped, nothing is guessed.

The ladder: parse and validate (`ok`), mechanical repair of fences and trailing commas (`repaired`), else `invalid`.
A cut answer is `truncated` and a refusal `refused`, whatever they hold.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evosense.ai.protocols import ScoringAnswer

Status = Literal["ok", "repaired", "invalid", "truncated", "refused"]
Emotion = Literal[
    "alegria", "gratidao", "confianca", "surpresa", "neutro", "confusao",
    "ansiedade", "medo", "tristeza", "frustracao", "raiva",
]  # fmt: skip
Tone = Literal["cordial", "formal", "informal", "neutro", "urgente", "rispido", "ironico"]
_FENCE = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL | re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_MARKUP = re.compile(r"https?://|www\.|<[a-z/!][^>]*>", re.IGNORECASE)


class Score(BaseModel):
    """A valid answer. Ranges and lists are the contract's; anything beyond them makes the answer invalid."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sentiment_x100: Annotated[int, Field(ge=-100, le=100)]
    satisfaction: Annotated[int, Field(ge=0, le=100)]
    emotion: Emotion
    tone: Tone
    summary: Annotated[str, Field(max_length=200)]
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None

    @property
    def sentiment(self) -> float:
        """-1..1."""
        return self.sentiment_x100 / 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What validation made of an answer; `score` is there exactly when the status is ok or repaired.

    `reason` is a stable word for counting (never text of the model).
    """

    status: Status
    score: Score | None = None
    reason: str | None = None


def validate(answer: ScoringAnswer, *, message_text: str) -> Verdict:
    """Judge an answer. `message_text` tells markup that the summary quotes from markup that the model brought."""
    if answer.finish == "length":
        return Verdict("truncated", reason="length")
    if answer.finish == "refusal":
        return Verdict("refused", reason="refusal")
    parsed, repaired = _parse(answer.content)
    if parsed is None:
        return Verdict("invalid", reason="not_json")
    try:
        score = Score.model_validate(parsed)
    except ValidationError as error:
        return Verdict("invalid", reason=_first_fault(error))
    fault = _summary_fault(score.summary, message_text)
    if fault:
        return Verdict("invalid", reason=fault)
    return Verdict("repaired" if repaired or answer.repaired else "ok", score)


def _parse(content: Any) -> tuple[dict[str, Any] | None, bool]:
    """The object in the content and whether it had to be repaired; (None, False) when there is none."""
    if not isinstance(content, str):
        return dict(content), False
    unfenced = _FENCE.sub(r"\1", content)
    for candidate in (content, unfenced, _TRAILING_COMMA.sub(r"\1", unfenced)):
        try:
            value = json.loads(candidate, parse_constant=_refuse_constant)
        except ValueError:
            continue
        except RecursionError:
            return None, False
        return (value, candidate is not content) if isinstance(value, dict) else (None, False)
    return None, False


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _first_fault(error: ValidationError) -> str:
    """Field and kind of the first fault, from closed lists: a model's invented field name could carry text."""
    problem = error.errors(include_input=False, include_context=False, include_url=False)[0]
    place = str(problem["loc"][0]) if problem["loc"] else "answer"
    known = place if place in Score.model_fields else "unknown_field"
    return f"{known}:{problem['type']}"


def _summary_fault(summary: str, message_text: str) -> str | None:
    if "\x00" in summary:
        return "summary:nul"
    found = _MARKUP.search(summary)
    if found and found[0].lower() not in message_text.lower():
        return "summary:markup"
    return None
