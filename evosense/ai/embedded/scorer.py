"""The embedded scorer: rules, then word lists. Not an LLM; indicative for one message, useful in aggregate.

It ignores the prompt: two prompt versions score alike here, and every inference says which model it was.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from evosense.ai.embedded.emotion import tell_emotion
from evosense.ai.embedded.gate import gate
from evosense.ai.embedded.lexicon import load_lexicon
from evosense.ai.embedded.respell import respell
from evosense.ai.embedded.summary import extract
from evosense.ai.embedded.text import read
from evosense.ai.embedded.tone import tell_tone
from evosense.ai.embedded.valence import Valence, weigh
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest

MODEL_NAME = "leia-rules-1"
# Bump when the code of these rules changes an answer; the word lists are in the digest by themselves.
RULES_VERSION = 4
_GATED_CONFIDENCE = 0.3
# A message longer than this says nothing new to word lists.
_READ_LIMIT = 4_000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules and lists make of a text: sentiment -1..1, confidence 0..1, emotion and tone."""

    sentiment: float
    confidence: float
    emotion: str
    tone: str


def judge(text: str) -> Judgement:
    """Judge one message."""
    text = text[:_READ_LIMIT]
    reading = respell(read(text))
    if gate(text, reading) is not None:
        return Judgement(0.0, _GATED_CONFIDENCE, "neutro", tell_tone(0.0, reading))
    valence = weigh(reading, load_lexicon())
    sentiment = valence.compound
    return Judgement(
        sentiment=sentiment,
        confidence=_confidence(valence),
        emotion=tell_emotion(sentiment, valence, reading),
        tone=tell_tone(sentiment, reading),
    )


def _confidence(valence: Valence) -> float:
    """How much the words agree, and how many spoke: 0.2 for none, at most 0.9. Not a probability."""
    telling = [hit for hit in valence.hits if abs(hit.valence) >= 0.5]
    if not telling:
        return 0.2
    spread = valence.positive - valence.negative
    agreement = abs(valence.positive + valence.negative) / spread if spread else 0.0
    ours = any(hit.entry.ours for hit in telling)
    amount = min(len(telling), 3) / 3
    return round(0.25 + agreement * (0.25 + 0.25 * amount + (0.15 if ours else 0.0)), 2)


def answer(text: str) -> dict[str, Any]:
    """The contract's object for one message (design: integers and closed lists).

    Satisfaction is estimated from the text, not surveyed: 50 + 50 x sentiment, so that a message that says
    nothing stays at 50.
    """
    verdict = judge(text)
    return {
        "sentiment_x100": round(100 * verdict.sentiment),
        "satisfaction": round(50 + 50 * verdict.sentiment),
        "emotion": verdict.emotion,
        "tone": verdict.tone,
        "summary": extract(text, lambda sentence: weigh(read(sentence), load_lexicon()).compound),
        "confidence": verdict.confidence,
    }


@cache
def _config() -> ModelConfig:
    talk = resources.files("evosense.ai.embedded").joinpath("small_talk.tsv").read_bytes()
    digest = hashlib.sha256(f"{RULES_VERSION}:{load_lexicon().digest}:".encode() + talk).hexdigest()
    return ModelConfig(provider="embedded", model=MODEL_NAME, digest=digest, params={})


class EmbeddedScorer:
    """`Scorer` on word lists and rules; thousands of messages a CPU second, nothing leaves the process."""

    @property
    def config(self) -> ModelConfig:
        """Provider embedded; the digest covers word lists and rules version."""
        return _config()

    @property
    def reads_prompt(self) -> bool:
        """No: it asks no model."""
        return False

    @property
    def slots(self) -> int:
        """A batch's worth: only the CPU limits it."""
        return 256

    async def score(self, batch: Sequence[ScoringRequest]) -> Sequence[ScoringAnswer | CallFailure]:
        """Judge each message, off the event loop so that leases and listeners go on."""
        return await asyncio.to_thread(lambda: [_timed(request) for request in batch])


def _timed(request: ScoringRequest) -> ScoringAnswer:
    started = time.perf_counter()
    content = answer(request.text)
    return ScoringAnswer(content=content, latency_ms=1000 * (time.perf_counter() - started))
