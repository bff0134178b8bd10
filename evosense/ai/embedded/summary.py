"""A summary by extraction, at most 200 characters: the message, or its first and its most felt sentence."""

from __future__ import annotations

import re
from collections.abc import Callable

SUMMARY_LIMIT = 200
# What the contract refuses in a summary: control characters, and direction marks, which copied numbers and names carry.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def extract(text: str, feeling: Callable[[str], float], limit: int = SUMMARY_LIMIT) -> str:
    """Shorten a message; `feeling` gives a sentence's sentiment in -1..1."""
    text = _DIRECTION.sub("", _CONTROL.sub(" ", text))
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    sentences = [" ".join(s.split()) for s in _SENTENCE_END.split(text) if s.strip()]
    first, rest = sentences[0], sentences[1:]
    strongest = max(rest, key=lambda s: abs(feeling(s)), default="")
    return cut(f"{first} {strongest}".strip(), limit)


def cut(text: str, limit: int) -> str:
    """Cut at a word, with an ellipsis when something is lost."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip(" ,.;:") + "…"
