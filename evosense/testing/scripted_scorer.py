"""A scorer whose true effects are known: each prompt says, in its system message, how it differs.

A prompt with `[[shift=-0.10 invalid=0.02 noise=0.05]]` in its system message answers the text's own sentiment moved
by `shift`, plus noise, and an unusable answer for the share `invalid` of texts. Same text and prompt, same answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import PromptMessage, ScoringAnswer, ScoringRequest
from evosense.prompts.default import OUTPUT_SCHEMA
from evosense.prompts.models import PromptText

_MARKER = re.compile(r"\[\[shift=(\S+) invalid=(\S+) noise=(\S+)\]\]")
_EMOTIONS = ("raiva", "frustracao", "neutro", "gratidao", "alegria")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a prompt truly does: shift of the mean sentiment, share of unusable answers, spread of its noise."""

    shift: float = 0.0
    invalid: float = 0.0
    noise: float = 0.05


def prompt_with(effect: Effect) -> PromptText:
    """A prompt version that has this effect under the scripted scorer."""
    return PromptText(
        (PromptMessage("system", f"Avalie a mensagem. {marker_of(effect)}"), PromptMessage("user", "{text}")),
        OUTPUT_SCHEMA,
    )


def marker_of(effect: Effect) -> str:
    """What a system message has to hold for this effect."""
    return f"[[shift={effect.shift} invalid={effect.invalid} noise={effect.noise}]]"


class ScriptedScorer:
    """Counts its calls in `calls`; prompts without a marker have no effect and no noise."""

    reads_prompt = True
    slots = 256

    def __init__(self) -> None:
        self.config = ModelConfig("scripted", "scripted-effects-1")
        self.calls = 0

    async def score(self, batch: Sequence[ScoringRequest]) -> Sequence[ScoringAnswer]:
        """Answer each request from its text and its prompt's marker."""
        self.calls += len(batch)
        return [_answer(request) for request in batch]


def _answer(request: ScoringRequest) -> ScoringAnswer:
    system = next((message.content for message in request.prompt if message.role == "system"), "")
    effect = effect_of(system)
    own, spread, fate, speed = (_uniform(key, request.text) for key in ("", system, f"fate{system}", f"speed{system}"))
    latency = 80 + 120 * speed
    if fate < effect.invalid:
        return ScoringAnswer("not an answer", latency_ms=latency, cost_usd=1e-5)
    # A sum of uniforms around the text's own value; whole hundredths, as the contract asks.
    sentiment = 1.2 * (own - 0.5) + effect.shift + effect.noise * (spread - 0.5) * 3.46
    x100 = round(100 * min(max(sentiment, -1), 1))
    return ScoringAnswer(
        {
            "sentiment_x100": x100,
            "satisfaction": min(max(50 + x100 // 2, 0), 100),
            "emotion": _EMOTIONS[min(int((x100 + 100) / 40.2), 4)],
            "tone": "neutro",
            "summary": "cliente escreve",
        },
        latency_ms=latency,
        cost_usd=1e-5,
    )


def effect_of(system: str) -> Effect:
    """What the marker in a system message says; no effect and no noise without one."""
    found = _MARKER.search(system)
    return Effect(*(float(value) for value in found.groups())) if found else Effect(noise=0.0)


def _uniform(key: str, text: str) -> float:
    """0..1, the same for the same key and text."""
    digest = hashlib.sha256(f"{key}|{text}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
