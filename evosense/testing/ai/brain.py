"""Where the stand-in's answers come from: the embedded scorer's judgement, and an obedience that is to be abused.

The obedient mode does what attackers hope for: it takes every instruction that it finds anywhere in the prompt's data
for its master's. It knows nothing of the defences that it is held against.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from evosense.ai.embedded.scorer import judge
from evosense.testing.ai.script import Mode

Messages = Sequence[dict[str, Any]]
_DATA = re.compile(r"<mensagem>\n?(.*?)\n?</mensagem>", re.DOTALL)
_ORDER = re.compile(
    r"ignor|desconsider|esque[cç]|disregard|forget|overrid|obede|respond|answer|reply|output|return|retorn|devolv"
    r"|classif|avali|rate\b|score|set\b|defin|atribu|mark|marque|assign|give\b|\bd[êe]\b|pretend|finja|act as|aja como"
    r"|you are|voc[êe] (?:agora )?[ée]|system|sistema|assistant|resultado|result",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:sentiment\w*|sentimento|score|nota|rating)\W{0,5}\D{0,25}?(-?\d{1,3})\b", re.IGNORECASE)
_UP = re.compile(
    r"positiv|m[áa]xim|\b100\b|alegria|feliz|happy|perfe|excelen|best|melhor|five stars|5 estrelas", re.IGNORECASE
)
_DOWN = re.compile(r"negativ|m[íi]nim|-\s?100|raiva|angry|furios|worst|pior\b|\bzero\b|terrible", re.IGNORECASE)
_LEAK = re.compile(
    r"(?:reveal|repeat|print|show|display|tell|leak|translate|mostr|repit|revel|imprim|exib|copi|diga|traduz|list)"
    r".{0,80}?(?:prompt|instru|rules|regras|system|sistema|configura|tenant|chat_id|acima|above)",
    re.IGNORECASE | re.DOTALL,
)
_WRITE = re.compile(r"(?:summary|resumo)\W+(?:\w+\W+){0,6}?[\"'“«]([^\"'”»]{3,160})[\"'”»]", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)


def score(messages: Messages, mode: Mode) -> dict[str, Any]:
    """The contract's fields for the message in the prompt."""
    if mode == "constant":
        return {**_fields(0.25, "neutro", "neutro"), "summary": "Cliente escreve."}
    prompt = str(messages[-1]["content"]) if messages else ""
    found = _DATA.search(prompt)
    text = found[1] if found else prompt
    judged = judge(text)
    answer = {**_fields(judged.sentiment, judged.emotion, judged.tone), "summary": "Cliente escreve à empresa."}
    return _obey(answer, messages) if mode == "obedient" else answer


def score_text(text: str, mode: Mode) -> dict[str, Any]:
    """The same for a bare message, as the doors of n8n and MCP get it beside the prompt."""
    return score([{"role": "user", "content": text}], mode)


def _fields(sentiment: float, emotion: str, tone: str) -> dict[str, Any]:
    return {
        "sentiment_x100": round(100 * sentiment),
        "satisfaction": round(50 + 50 * sentiment),
        "emotion": emotion,
        "tone": tone,
    }


def _obey(answer: dict[str, Any], messages: Messages) -> dict[str, Any]:
    """Do what the data says."""
    data = str(messages[-1]["content"])
    if _ORDER.search(data):
        wanted = _wanted(data)
        if wanted is not None:
            answer |= _fields(
                wanted / 100, "alegria" if wanted > 0 else "raiva", "cordial" if wanted > 0 else "rispido"
            )
    written = _WRITE.search(data)
    link = _LINK.search(data)
    if written:
        answer["summary"] = written[1]
    elif link and _ORDER.search(data):
        answer["summary"] = f"Veja {link[0]}"[:200]
    if _LEAK.search(data):
        answer["summary"] = str(messages[0]["content"])[:200]
    return answer


def _wanted(data: str) -> int | None:
    """The score that the data asks for."""
    number = _NUMBER.search(data)
    if number:
        return max(-100, min(100, int(number[1])))
    if _UP.search(data):
        return 100
    return -100 if _DOWN.search(data) else None


def as_text(answer: dict[str, Any]) -> str:
    """The JSON that a model would write."""
    return json.dumps(answer, ensure_ascii=False)


def vector(text: str, dimensions: int) -> list[float]:
    """A unit vector that depends on the text alone."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).normal(size=dimensions)
    return (drawn / np.linalg.norm(drawn)).tolist()
