"""Words that a thumb got wrong, read as the word of our lists that they are one slip away from.

A slip is a letter too many, one missing, or two neighbours swapped: "obrigaad", "pessmo", "atarsado". A changed letter
is none: "gastei" is no slip of "gostei". Only words that no list knows are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from evosense.ai.embedded.gate import small_talk_words
from evosense.ai.embedded.lexicon import load_lexicon, own_lines, words_of
from evosense.ai.embedded.text import Reading, fold

# Short words are one slip away from too many others.
_SHORTEST = 6
# Words of their own that are one slip away from one of ours.
_RIGHT_AS_THEY_ARE_LIST = """
prefeita prefeito prefeitas prefeitos aprovado obrigam obrigar obriga carvalho casado casada canada falando
falaram quarto quartos podera docente estadio confira liberal informal quintal pontal galeria risada solidao
precisao queira recreio contado jogador jogado pressao corretor servidor problem terceirao
"""
_RIGHT_AS_THEY_ARE = frozenset(_RIGHT_AS_THEY_ARE_LIST.split())
# No Portuguese word ends in these: a letter is missing there.
_NO_ENDINGS = frozenset("bcdfgjkpqtvwy")


def respell(reading: Reading) -> Reading:
    """The reading with its mistyped words put right."""
    known, slips = _lists()
    tokens = tuple(token if token in known else _right(token, known, slips) for token in reading.tokens)
    return reading if tokens == reading.tokens else replace(reading, tokens=tokens)


def _right(token: str, known: frozenset[str], slips: dict[str, str]) -> str:
    if token[-2:-1] == token[-1] and token[:-1] in known:  # the thumb stayed on it: "tardee"
        return token[:-1]
    if len(token) < _SHORTEST or token in _RIGHT_AS_THEY_ARE or not token.isalpha():
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
    if len(token) < len(word):
        return token[-1] in _NO_ENDINGS or token[:-1] != word[: len(token) - 1] or token[-1] == word[-1]
    # A letter more at the end is another form, unless the thumb stayed on it.
    return token[:-1] != word or token[-1] == token[-2]


def _shortened(word: str) -> Iterator[str]:
    """The word with each of its letters left out in turn."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], dict[str, str]]:
    """Every word that a list knows; and our own words by themselves and by what a missing letter leaves of them."""
    phrases = load_lexicon().phrases
    talk = small_talk_words()
    own = {word for phrase, *_ in own_lines("service_talk.tsv") for word in fold(phrase).split()} | talk
    known = frozenset(word for words in phrases for word in words) | talk | words_of("misread.txt")
    slips: dict[str, str] = {}
    for word in sorted(word for word in own if len(word) >= _SHORTEST and word.isalpha()):
        for variant in (word, *_shortened(word)):
            slips.setdefault(variant, word)
    return known, slips
