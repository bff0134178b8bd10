"""What a summary may not be or hold: nothing, markup, addresses, personal data, ids, and what the model was told.

People read summaries, and an attacker writes part of what the model sees: whatever the model brings that the
customer did not write is looked at here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from evosense.redaction.redact import find

# Words in a row that a summary shares with the instructions: short runs are ordinary language.
_RUN = 6
_MARKUP = re.compile(
    r"https?:|www\.|javascript:|data:\w+/|\]\(|```|<[a-z/!|][^>]*>?"
    r"|\b[\w-]+\.(?:com|net|org|info|xyz|link|click|online|site|app|dev|io|me|ly|co|br)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\[/?inst\]|<\|\w+\|>|#{2,}\s*(?:system|sistema|instruc|instruç)|^\s*(?:system|sistema|assistant|assistente)\s*:",
    re.IGNORECASE,
)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bp1:[0-9a-f]{8,}", re.IGNORECASE)
# Signs of which every match of the expression beside them holds one: most summaries need no closer look.
_LOOKED_FOR = (
    (re.compile(r"[:\]`<]|www|\.\w", re.IGNORECASE), _MARKUP, "markup"),
    (re.compile(r"[\[<#:]"), _ROLE, "role"),
    (re.compile(r"[-:]"), _ID, "identifier"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_COMBINING = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"\w+")
# White space, and what shows as nothing: control characters, zero-width and direction marks, soft hyphen, Hangul
# fillers, Braille blank.
_VISIBLE = re.compile(
    r"[^\s\x00-\x1f\x7f\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe0f\ufeff]"
)
Runs = frozenset[tuple[str, ...]]


def runs_of(texts: Iterable[str]) -> Runs:
    """Every run of six words of the instructions, without accents and case."""
    found: set[tuple[str, ...]] = set()
    for text in texts:
        words = _WORD.findall(_bare(text))
        found.update(tuple(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1))
    return frozenset(found)


def _bare(text: str) -> str:
    return (text if text.isascii() else _COMBINING.sub("", unicodedata.normalize("NFKD", text))).lower()


def summary_fault(summary: str, written: str, instructions: Runs = frozenset()) -> str | None:
    """What is wrong with a summary, as a stable word; None when nothing is.

    Args:
        summary: the model's.
        written: what people wrote, message and context: a summary may quote it.
        instructions: runs of words of the prompt.
    """
    if "\x00" in summary:
        return "summary:nul"
    if _CONTROL.search(summary):
        return "summary:control"
    # A text with nothing to see in it has a summary like itself.
    if _VISIBLE.search(summary) is None and _VISIBLE.search(written) is not None:
        return "summary:blank"
    for sign, pattern, name in _LOOKED_FOR:
        if sign.search(summary) and any(match[0].lower() not in written.lower() for match in pattern.finditer(summary)):
            return f"summary:{name}"
    if any(summary[one.start : one.end] not in written for one in find(summary)):
        return "summary:personal_data"
    repeated = runs_of([summary]) & instructions if instructions else frozenset()
    return "summary:instructions" if repeated and repeated - runs_of([written]) else None
