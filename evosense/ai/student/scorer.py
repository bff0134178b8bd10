"""`Scorer` on a student's weights."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from evosense.ai.embedded.emotion import NEUTRAL_BELOW
from evosense.ai.embedded.gate import gate
from evosense.ai.embedded.scorer import judge
from evosense.ai.embedded.summary import extract
from evosense.ai.embedded.text import read
from evosense.ai.embedded.tone import tell_tone
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest
from evosense.ai.student.model import StudentModel

_UNPLEASANT = frozenset(("raiva", "tristeza", "frustracao", "medo", "ansiedade", "confusao"))
_PLEASANT = frozenset(("alegria", "gratidao", "confianca"))


class StudentScorer:
    """Scores by the weights that one training left. Small talk is neutral by rule, as for the embedded scorer."""

    def __init__(self, model: StudentModel) -> None:
        """`model` is the tenant's own: nobody else's messages are scored by it."""
        self._model = model
        self._config = model.config

    @property
    def config(self) -> ModelConfig:
        """Provider student; the digest covers the weights."""
        return self._config

    @property
    def reads_prompt(self) -> bool:
        """No: it asks no model."""
        return False

    @property
    def slots(self) -> int:
        """A batch's worth: only the CPU limits it."""
        return 256

    async def score(self, batch: Sequence[ScoringRequest]) -> Sequence[ScoringAnswer | CallFailure]:
        """Judge each message, off the event loop."""
        return await asyncio.to_thread(self._score_now, batch)

    def _score_now(self, batch: Sequence[ScoringRequest]) -> list[ScoringAnswer | CallFailure]:
        if not batch:
            return []
        started = time.perf_counter()
        outputs = self._model.outputs([request.text for request in batch])
        contents = [self._content(request.text, outputs[:, place]) for place, request in enumerate(batch)]
        each = 1000 * (time.perf_counter() - started) / len(batch)
        return [ScoringAnswer(content=content, latency_ms=each) for content in contents]

    def _content(self, text: str, said: Any) -> dict[str, Any]:
        reading = read(text)
        small_talk = gate(text, reading) is not None
        sentiment = 0.0 if small_talk else _within(float(said[0]))
        satisfaction = 0.0 if small_talk else _within(float(said[1]))
        return {
            "sentiment_x100": round(100 * sentiment),
            "satisfaction": round(50 + 50 * satisfaction),
            "emotion": "neutro" if small_talk else self._emotion(sentiment, said[2:]),
            "tone": tell_tone(sentiment, reading),
            "summary": extract(text, lambda sentence: judge(sentence).sentiment),
            # How far from undecided, not a probability.
            "confidence": round(min(0.9, 0.2 + 0.7 * abs(sentiment)), 2),
        }

    def _emotion(self, sentiment: float, weights: Any) -> str:
        """The likeliest emotion on the side that the sentiment is on; neutro inside the band."""
        if abs(sentiment) < NEUTRAL_BELOW:
            return "neutro"
        wrong = _UNPLEASANT if sentiment > 0 else _PLEASANT
        offered = [
            (float(weight), name)
            for weight, name in zip(weights, self._model.emotions, strict=True)
            if name not in wrong and name != "neutro"
        ]
        return max(offered)[1] if offered else "alegria" if sentiment > 0 else "frustracao"


def _within(value: float) -> float:
    return max(-1.0, min(1.0, value))
