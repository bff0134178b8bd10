"""How the embedded models read: accents folded, laughter and stretched letters squeezed, redactions gone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# <CPF:a3f9> and its kin say that a value stood there; they carry no opinion.
REDACTION_TOKEN = re.compile(r"<[A-Z_]{2,24}(?::[0-9A-Za-z]+)?>")
LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w.-]+\.(?:com|br|net|org|me|io)(?:/\S*)?\b", re.IGNORECASE)
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_LAUGHTER = re.compile(r"\b(?:k{2,}|(?:ha){2,}h?|(?:he){2,}h?|(?:rs){1,}s?|(?:hua){2,}\w*)\b")
# ":-)", "=D" and "<3" as one sign each; ":(" and its kin.
_SMILES = (
    (re.compile(r"[:=;]-?[)\]d](?!\w)"), " :) "),
    (re.compile(r"[:=]['-]?[(\[]"), " :( "),
    (re.compile(r"<3"), " ❤ "),
)
_TEN_OF_TEN = re.compile(r"\b10\s?/\s?10\b(?!/)")
_TOKEN = re.compile(r"[a-z0-9]+|:\)|:\(|[!?]+|[.,;\n]|[\u2600-\u27bf\U0001f300-\U0001faff\u2764]")
_EXTENDERS = dict.fromkeys([0x200D, 0xFE0F, *range(0x1F3FB, 0x1F400)])


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as tokens.

    Attributes:
        tokens: folded words, emoji and punctuation, in order.
        shouting: more than 60 % of at least 8 letters are capitals.
        exclamations: number of "!".
    """

    tokens: tuple[str, ...]
    shouting: bool
    exclamations: int

    @property
    def words(self) -> tuple[str, ...]:
        """Tokens made of letters or digits."""
        return tuple(token for token in self.tokens if token[0].isalnum())


def fold(text: str) -> str:
    """Lower case without accents: "Não É" -> "nao e"."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def read(text: str) -> Reading:
    """Tokenise a message for the word lists."""
    clean = LINK.sub(" ", REDACTION_TOKEN.sub(" ", text))
    letters = [c for c in clean if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    folded = fold(clean.translate(_EXTENDERS))
    for pattern, sign in _SMILES:
        folded = pattern.sub(sign, folded)
    folded = _TEN_OF_TEN.sub(" nota 10 ", folded.replace(" d+", " demais"))
    folded = _LAUGHTER.sub("kkk", folded)
    # "muuuito" -> "muito"; a doubled letter can be right ("assunto"), three never are ("kkk" is put back).
    folded = " ".join(w if w == "kkk" else _STRETCHED.sub(r"\1", w) for w in folded.split(" "))
    return Reading(
        tokens=tuple(_TOKEN.findall(folded)),
        shouting=len(letters) >= 8 and capitals > 0.6 * len(letters),
        exclamations=clean.count("!"),
    )
