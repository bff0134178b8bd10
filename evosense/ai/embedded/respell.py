"""Words that a thumb got wrong, read as the word of our lists that they are one slip away from.

A slip is a letter too many, one missing, or two neighbours swapped: "obrigaad", "pessmo", "atarsado". A changed letter
is none: "gastei" is no slip of "gostei". Only words that no list knows are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from evosense.ai.embedded.gate import small_talk_words
from evosense.ai.embedded.lexicon import load_lexicon
from evosense.ai.embedded.text import Reading

# Short words are one slip away from too many others.
_SHORTEST = 6
# Words of their own that are one slip away from one of ours.
_RIGHT_AS_THEY_ARE = frozenset(("prefeita", "prefeito", "prefeitas", "prefeitos", "aprovado", "obrigam", "obrigar"))


def respell(reading: Reading) -> Reading:
    """The reading with its mistyped words put right."""
    known, slips = _lists()
    tokens = tuple(
        token if len(token) < _SHORTEST or token in known else _right(token, slips) for token in reading.tokens
    )
    return reading if tokens == reading.tokens else replace(reading, tokens=tokens)


def _right(token: str, slips: dict[str, str]) -> str:
    if token in _RIGHT_AS_THEY_ARE or not token.isalpha():
        return token
    for variant in (token, *_shortened(token)):
        found = slips.get(variant)
        if found is not None and found[0] == token[0] and _is_slip(token, found):
            return found
    return token


def _is_slip(token: str, word: str) -> bool:
    if len(token) == len(word):
        at = next(n for n in range(len(token)) if token[n] != word[n])
        return token[at : at + 2] == word[at : at + 2][::-1] and token[at + 2 :] == word[at + 2 :]
    return True


def _shortened(word: str) -> Iterator[str]:
    """The word with each of its letters left out in turn."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], dict[str, str]]:
    """Every word that a list knows; and our own words by themselves and by what a missing letter leaves of them."""
    phrases = load_lexicon().phrases
    talk = small_talk_words()
    own = {word for words, entry in phrases.items() if entry.ours for word in words} | talk
    known = frozenset(word for words in phrases for word in words) | talk
    slips: dict[str, str] = {}
    for word in sorted(word for word in own if len(word) >= _SHORTEST and word.isalpha()):
        for variant in (word, *_shortened(word)):
            slips.setdefault(variant, word)
    return known, slips
