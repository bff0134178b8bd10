"""Tone by rules, the first that fires: rispido, urgente, formal, cordial, informal, neutro. Never ironico."""

from __future__ import annotations

import re
from typing import Literal

from evosense.ai.embedded.text import Reading

Tone = Literal["cordial", "formal", "informal", "neutro", "urgente", "rispido"]
_RUDE = re.compile(
    r"\b(?:merda|porra|caralho|pqp|fdp|vsf|bosta|idiotas?|imbecil|imbecis|palhacada|ridiculos?|lixo|"
    r"incompetentes?|ladroes|golpistas?|otarios?|vergonha|absurdo)\b"
)
_URGENT = re.compile(
    r"\b(?:urgente|urgencia|urgentemente|imediato|imediatamente|agora mesmo|hoje mesmo|o quanto antes|"
    r"o mais rapido|procon|emergencia|pra ontem|para ontem)\b"
)
_FORMAL = re.compile(
    r"\b(?:prezad[oa]s?|senhor(?:es|a|as)?|gostaria|por gentileza|atenciosamente|cordialmente|solicito|"
    r"informo|venho por meio|poderia[m]?)\b"
)
_CORDIAL = re.compile(
    r"\b(?:por favor|pfv|obrigad[oa]|agradeco|bom dia|boa tarde|boa noite|parabens|gratidao|desculpe?)\b"
)
_INFORMAL = re.compile(r"\b(?:vc|vcs|kkk|blz|vlw|obg|pq|tb|tbm|ta|to|pra|mano|cara|tipo|ne|eai|opa|show|top)\b")
_BY_WORDS: tuple[tuple[re.Pattern[str], Tone], ...] = (
    (_FORMAL, "formal"),
    (_CORDIAL, "cordial"),
    (_INFORMAL, "informal"),
)


def tell_tone(sentiment: float, reading: Reading) -> Tone:
    """The tone the words support."""
    folded = " ".join(reading.tokens)
    if sentiment < 0 and (reading.shouting or _RUDE.search(folded)):
        return "rispido"
    if _URGENT.search(folded) or reading.shouting:
        return "urgente"
    for pattern, tone in _BY_WORDS:
        if pattern.search(folded):
            return tone
    return "neutro"
