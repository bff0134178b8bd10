"""Rules before the word lists: messages that say nothing of how the customer feels.

"Bom dia" is no praise and "obrigado" closes good and bad conversations alike; word lists read both as
happy. A message made only of greetings, thanks, acknowledgements, digits or links is neutral.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Literal

from evosense.ai.embedded.lexicon import load_lexicon
from evosense.ai.embedded.text import LINK, REDACTION_TOKEN, Reading, fold

Gate = Literal["empty", "redacted", "link", "digits", "greeting", "thanks", "acknowledgement"]
_KINDS: tuple[Gate, ...] = ("greeting", "thanks", "acknowledgement")
_LONGEST_PHRASE = 5
# The strongest valence of a sign that people put beside anything, hearts included.
_FRIENDLY = 2.2


@lru_cache(maxsize=1)
def _small_talk() -> dict[tuple[str, ...], Gate]:
    text = resources.files("evosense.ai.embedded").joinpath("small_talk.tsv").read_text("utf-8")
    found: dict[tuple[str, ...], Gate] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            phrase, kind = line.split("\t")
            found[tuple(fold(phrase).split())] = _KINDS[_KINDS.index(kind)]
    return found


@lru_cache(maxsize=1)
def small_talk_words() -> frozenset[str]:
    """Every word of the small talk list."""
    return frozenset(word for words in _small_talk() for word in words)


def gate(text: str, reading: Reading) -> Gate | None:
    """The rule that makes this message neutral, or None when the word lists must decide."""
    tokens = tuple(t for t in reading.tokens if t not in {".", ",", ";", "\n"} and t[0] not in "!?")
    if not tokens:
        return _wordless(text)
    if all(token.isdigit() for token in tokens):
        return "digits"
    return None if _complains(tokens) else _only_small_talk(_without_smiles(tokens))


def _without_smiles(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The words without the friendly signs around them: "bom dia 🌻" is a greeting still, "obrigada 😍" says more."""
    phrases = load_lexicon().phrases

    def is_smile(token: str) -> bool:
        entry = phrases.get((token,))
        return not token[0].isalnum() and entry is not None and 0 < entry.valence <= _FRIENDLY

    words = tuple(token for token in tokens if not is_smile(token))
    return words or tokens


def _complains(tokens: tuple[str, ...]) -> bool:
    """Whether words that say nothing one by one ("ainda não", "recebi") are a complaint of our list together."""
    phrases = load_lexicon().phrases
    for at in range(len(tokens)):
        for size in range(2, min(_LONGEST_PHRASE, len(tokens) - at) + 1):
            entry = phrases.get(tokens[at : at + size])
            if entry is not None and entry.ours and entry.valence < 0:
                return True
    return False


def _wordless(text: str) -> Gate:
    if LINK.search(text):
        return "link"
    return "redacted" if REDACTION_TOKEN.search(text) else "empty"


def _only_small_talk(tokens: tuple[str, ...]) -> Gate | None:
    """The weightiest kind of small talk when nothing else is said."""
    known = _small_talk()
    kinds: set[Gate] = set()
    at = 0
    while at < len(tokens):
        for size in range(min(_LONGEST_PHRASE, len(tokens) - at), 0, -1):
            kind = known.get(tokens[at : at + size])
            if kind is not None:
                kinds.add(kind)
                at += size
                break
        else:
            return None
    return next(kind for kind in ("thanks", "greeting", "acknowledgement") if kind in kinds)
