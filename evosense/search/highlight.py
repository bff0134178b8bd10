"""Which parts of a text were searched for, from the folded text that Postgres marked."""

from __future__ import annotations

import re

# Private use characters that app.marked() puts around each find.
START, STOP = "\ue000", "\ue001"
_PIECE = re.compile(f"{START}(?P<found>[^{START}{STOP}]*){STOP}|(?P<other>[^{START}{STOP}]+)")


def parts(text: str, marked: str | None) -> list[dict[str, str | bool]]:
    """`text` cut into pieces `{"text", "match"}` that join to it again; one piece without a match when unmarked.

    Folding keeps each character's place; a text where it doesn't is left unmarked rather than marked wrongly.
    """
    plain = [{"text": text, "match": False}] if text else []
    if not marked or START in text or len(marked.replace(START, "").replace(STOP, "")) != len(text):
        return plain
    pieces: list[dict[str, str | bool]] = []
    at = 0
    for piece in _PIECE.finditer(marked):
        length = len(piece["found"] if piece["found"] is not None else piece["other"])
        if length:
            pieces.append({"text": text[at : at + length], "match": piece["found"] is not None})
        at += length
    return pieces
