"""What a person typed as terms: words, "exact phrases", begin*, -without, or."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evosense.ai.embedded.text import fold

Kind = Literal["word", "phrase", "prefix"]
MAX_TERMS = 32
# Two letters begin thousands of words.
_SHORTEST_PREFIX = 3
_PIECE = re.compile(r'(?P<minus>-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_PREFIX = re.compile(r"[a-z0-9]+")
_OR = frozenset(("or", "ou"))


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for.

    Attributes:
        kind: a word in any of its forms, words side by side, or the beginning of a word.
        text: as it was typed.
        without: it must be absent.
        either: it is an alternative to the term before it.
        instead: words of the tenant's vocabulary that it may be a mistyped form of.
    """

    kind: Kind
    text: str
    without: bool = False
    either: bool = False
    instead: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the SQL functions of migration 0080 read it."""
        return asdict(self)


def parse(typed: str) -> tuple[Term, ...]:
    """The terms of a query, at most 32 of them; an unclosed quote is read as if it weren't there."""
    terms: list[Term] = []
    either = False
    for piece in _PIECE.finditer(typed.replace("\x00", " ")):
        word = piece["word"]
        if word and word.lower() in _OR and not piece["minus"] and terms:
            either = True
            continue
        without = bool(piece["minus"])
        terms.append(_term(word or "", piece["phrase"], without=without, either=either and not without))
        either = False
    return tuple(term for term in terms if term.text.strip())[:MAX_TERMS]


def _term(word: str, phrase: str | None, *, without: bool, either: bool) -> Term:
    if phrase is not None:
        return Term("phrase", phrase, without, either)
    if word.endswith("*"):
        begin = fold(word.rstrip("*"))
        if len(begin) >= _SHORTEST_PREFIX and _PREFIX.fullmatch(begin):
            return Term("prefix", begin, without, either)
    return Term("word", word.strip("*"), without, either)
