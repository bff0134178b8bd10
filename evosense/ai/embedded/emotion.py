"""Which of six emotions the words support: alegria, gratidao, raiva, tristeza, frustracao, neutro.

The other five of the contract (confianca, surpresa, confusao, ansiedade, medo) can't be told by word lists
and are never offered. The sign of the sentiment gates: a negative message is never alegria.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from evosense.ai.embedded.text import Reading
from evosense.ai.embedded.valence import Valence

Emotion = Literal["alegria", "gratidao", "raiva", "tristeza", "frustracao", "neutro"]
_POSITIVE: tuple[Emotion, ...] = ("alegria", "gratidao")
_NEGATIVE: tuple[Emotion, ...] = ("raiva", "tristeza", "frustracao")
NEUTRAL_BELOW = 0.2


def tell_emotion(sentiment: float, valence: Valence, reading: Reading) -> Emotion:
    """The emotion with the most weight on the side the sentiment is on; neutro inside ±0.2."""
    if abs(sentiment) < NEUTRAL_BELOW:
        return "neutro"
    side = _POSITIVE if sentiment > 0 else _NEGATIVE
    weights: dict[str, float] = defaultdict(float)
    for hit in valence.hits:
        if hit.entry.emotion and not hit.negated:
            weights[hit.entry.emotion] += abs(hit.valence)
    if sentiment < 0 and (reading.shouting or reading.exclamations >= 3):
        weights["raiva"] += 2.0
    # Without a named one: joy on one side; on the other the mildest and most common of service talk.
    default: Emotion = "alegria" if sentiment > 0 else "frustracao"
    best = max(side, key=lambda emotion: weights[emotion])
    return best if weights[best] > 0 else default
