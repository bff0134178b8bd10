"""The AI contract: what of a model's answer counts. Strict: nothing is clamped, nothing is guessed.

The ladder: parse and validate (`ok`), mechanical repair of fences, text around the object and trailing commas
(`repaired`), else `invalid`; the champion's invalid answer is asked for once more (evosense.scoring.answers). A cut
answer is `truncated` and a refusal `refused`, whatever they hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evosense.ai.protocols import ScoringAnswer
from evosense.scoring.summary_rules import Runs, summary_fault

Status = Literal["ok", "repaired", "invalid", "truncated", "refused"]
Emotion = Literal[
    "alegria", "gratidao", "confianca", "surpresa", "neutro", "confusao",
    "ansiedade", "medo", "tristeza", "frustracao", "raiva",
]  # fmt: skip
Tone = Literal["cordial", "formal", "informal", "neutro", "urgente", "rispido", "ironico"]
_FENCE = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL | re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_REFUSAL = re.compile(
    r"\s*(?:desculpe|sinto muito|lamento|não posso|nao posso|i['’]?m sorry|i am sorry|i can(?:no|'|’)t|as an ai)",
    re.IGNORECASE,
)


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


def validate(
    answer: ScoringAnswer, *, message_text: str, context: str = "", instructions: Runs = frozenset()
) -> Verdict:
    """Judge an answer.

    Args:
        answer: what the model said.
        message_text: tells markup that the summary quotes from markup that the model brought.
        context: the turns before it, which the summary may quote as well.
        instructions: runs of words of the prompt, which a summary must not repeat.
    """
    if answer.finish == "length":
        return Verdict("truncated", reason="length")
    if answer.finish == "refusal":
        return Verdict("refused", reason="refusal")
    parsed, repaired = _parse(answer.content)
    if parsed is None:
        return _unreadable(answer.content)
    try:
        score = Score.model_validate(parsed)
    except ValidationError as error:
        return Verdict("invalid", reason=_first_fault(error))
    fault = summary_fault(score.summary, f"{message_text}\n{context}", instructions)
    if fault:
        return Verdict("invalid", reason=fault)
    return Verdict("repaired" if repaired or answer.repaired else "ok", score)


def _unreadable(content: Any) -> Verdict:
    if isinstance(content, str) and _REFUSAL.match(content):
        return Verdict("refused", reason="refusal")
    return Verdict("invalid", reason="not_json")


def _parse(content: Any) -> tuple[dict[str, Any] | None, bool]:
    """The object in the content and whether it had to be repaired; (None, False) when there is none."""
    if not isinstance(content, str):
        return dict(content), False
    for candidate in _candidates(content):
        try:
            value = _JSON.decode(candidate)
        except ValueError:
            continue
        except RecursionError:
            return None, False
        return (value, candidate is not content) if isinstance(value, dict) else (None, False)
    return None, False


def _candidates(content: str) -> Iterator[str]:
    """The content as it is; then what is between its braces, as the models that chat around it leave it."""
    yield content
    unfenced = _FENCE.sub(r"\1", content)
    first, last = unfenced.find("{"), unfenced.rfind("}")
    if 0 <= first < last:
        inner = unfenced[first : last + 1]
        yield inner
        yield _TRAILING_COMMA.sub(r"\1", inner)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that names a field twice says two things: it is refused, as nobody knows which one is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key comes twice"
        raise ValueError(message)
    return found


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


_JSON = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)


def _first_fault(error: ValidationError) -> str:
    """Field and kind of the first fault, from closed lists: a model's invented field name could carry text."""
    problem = error.errors(include_input=False, include_context=False, include_url=False)[0]
    place = str(problem["loc"][0]) if problem["loc"] else "answer"
    known = place if place in Score.model_fields else "unknown_field"
    return f"{known}:{problem['type']}"
