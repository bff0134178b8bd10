"""Instructions in customers' texts: found, and cut out of what a model sees.

A delimiter tells a model what is data; a model that obeys anyway needs more. Sentences that talk to the model instead
of to the company (orders to forget what it was told, roles, values of the answer's fields, markers of chat templates)
are replaced by a marker. A customer who complains of a system, a robot or a rule is left alone: what is cut is never
scored. The text itself is untouched in the database; only the rendered prompt is. The signs are in
`instruction_signs.txt`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache
from importlib import resources

MARKER = "[trecho removido]"

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_SEGMENT = re.compile(r".+?(?:[.!?;…]+(?=\s|\Z)|\n+|\Z)\s*", re.DOTALL)
_SPACED = re.compile(r"\b(?:\w[ .\-_*]){5,}\w\b")
_BETWEEN = re.compile(r"[ .\-_*]")
_BLOB = re.compile(r"\b(?=\S*[a-z])(?=\S*[A-Z])(?=\S*[0-9])[A-Za-z0-9+/=_-]{32,}")
_LONG_WORD = re.compile(r"\S{32}")
_COMBINING = re.compile("[\u0300-\u036f]")
_NAME = re.compile(r"\{([A-Z_]+)\}")
# Digits and signs that stand for letters in words, and Cyrillic and Greek letters that look like Latin ones.
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_LOOKALIKES = str.maketrans("аеорсухіјѕԁԛԝкмтвнАВЕКМНОРСТХоαερικν", "aeopcyxijsdqwkmtbhABEKMHOPCTXoaepikv")


@cache
def rules() -> str:
    """Names what is cut: other rules, another name. The number before the colon grows when the code cuts otherwise."""
    return "1:" + hashlib.sha256(_lines().encode()).hexdigest()[:16]


@cache
def _lines() -> str:
    return resources.files(__package__ or "").joinpath("instruction_signs.txt").read_text("utf-8")


@cache
def _signs(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The signs of a kind: `sure`, or `order`, which is cut only beside something sure.

    A sign is an expression, once for each of the words of which every match holds one (none: "", which is everywhere).
    """
    kinds: dict[str, list[tuple[str, str]]] = {}
    for line in _lines().splitlines():
        if line and not line.startswith("#"):
            name, words, pattern = line.split("\t")
            kinds.setdefault(name, []).append((words, pattern))

    def whole(pattern: str) -> str:
        return _NAME.sub(lambda name: whole(kinds[name[1]][0][1]), pattern)

    return tuple(
        (word, re.compile(whole(pattern), re.DOTALL)) for words, pattern in kinds[kind] for word in words.split("|")
    )


def _has(kind: str, text: str) -> bool:
    # A plain loop, since this runs for each sign and each text: a generator costs three times as much.
    for word, pattern in _signs(kind):  # noqa: SIM110
        if word in text and pattern.search(text) is not None:
            return True
    return False


@cache
def _sure_words() -> tuple[str, ...]:
    """The words of which everything sure holds one, signs as letters; those that hold another one tell nothing more."""
    words = {word.translate(_LEET) for word, _ in _signs("sure")}
    return tuple(sorted(word for word in words if not any(other in word for other in words - {word})))


def without_instructions(text: str) -> str:
    """`text` with each stretch of instructions replaced by one marker, and without invisible characters."""
    text = _INVISIBLE.sub("", text)
    if not _may_be_sure(text):
        return text
    segments: list[str] = _SEGMENT.findall(text)
    plain = [_plain(segment) for segment in segments]
    sure = [_is_sure(segment, bare) for segment, bare in zip(segments, plain, strict=True)]
    if not any(sure):
        return text
    parts: list[str] = []
    for segment, bare, is_sure in zip(segments, plain, sure, strict=True):
        if not is_sure and not _has("order", bare):
            parts.append(segment.strip())
        elif not parts or parts[-1] != MARKER:
            parts.append(MARKER)
    return _no_pieces(" ".join(parts))


def _plain(segment: str) -> str:
    """Lower case, without accents, look-alikes and spaces between letters: for matching alone."""
    joined = _SPACED.sub(lambda found: _BETWEEN.sub("", found[0]), segment)
    if joined.isascii():
        return joined.lower()
    folded = _COMBINING.sub("", unicodedata.normalize("NFKD", joined))
    return (folded if folded.isascii() else folded.translate(_LOOKALIKES)).lower()


def _may_be_sure(text: str) -> bool:
    """False where no segment can be sure: nearly always, and for a fifth of what looking at each one takes."""
    unleeted = _plain(text).translate(_LEET)
    for word in _sure_words():
        if word in unleeted:
            return True
    return _LONG_WORD.search(text) is not None


def _is_sure(segment: str, bare: str) -> bool:
    if _has("sure", bare) or _BLOB.search(segment):
        return True
    unleeted = bare.translate(_LEET)
    return unleeted != bare and _has("sure", unleeted)


def _no_pieces(text: str) -> str:
    """A text whose instructions only show when its pieces are read together is cut as a whole."""
    return MARKER if _has("sure", _plain(text.replace(MARKER, " "))) else text
