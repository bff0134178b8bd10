"""How a person types: abbreviations, missing accents, typos, stretched words, emoji, regional interjections.

Words that hold a digit or an @ are never touched, so numbers, addresses and personal data stay what they are.
"""

from __future__ import annotations

import re
from random import Random

from evosense.testing.scenes.models import Mood, Style
from evosense.testing.scenes.people import ascii_letters

_SHORT = {
    "você": ("vc", "vcê", "ce"),
    "vocês": ("vcs", "voces"),
    "não": ("n", "nao", "ñ"),
    "também": ("tb", "tbm"),
    "quando": ("qdo", "qnd"),
    "porque": ("pq", "pq"),
    "por": ("por", "p"),
    "que": ("q", "que"),
    "quanto": ("qto", "qnto"),
    "hoje": ("hj",),
    "amanhã": ("amanha", "amnh"),
    "obrigado": ("obg", "obgd", "brigado"),
    "obrigada": ("obg", "obgda", "brigada"),
    "beleza": ("blz",),
    "mensagem": ("msg",),
    "comigo": ("cmg",),
    "muito": ("mto", "mt"),
    "tudo": ("td", "tudo"),
    "cadê": ("kd", "cade"),
    "favor": ("favor", "fvr"),
    "depois": ("dps",),
    "mesmo": ("msm",),
    "para": ("pra", "p"),
    "estou": ("to", "tô"),
    "está": ("tá", "ta"),
    "número": ("num", "nº"),
    "endereço": ("end", "endereco"),
    "gente": ("gnt", "gente"),
    "verdade": ("vdd",),
}
_SAYINGS = {
    "sp": ("mano", "meu", "véi", "tipo assim"),
    "rj": ("pô", "mermão", "caraca", "valeu"),
    "mg": ("uai", "sô", "nó", "trem doido"),
    "pr": ("piá", "capaz", "credo"),
    "rs": ("bah", "tchê", "capaz", "tri"),
    "df": ("véi", "tá ligado", "moço"),
    "ba": ("oxe", "ó paí", "meu rei", "vixe"),
    "pe": ("oxe", "visse", "eita", "oxente"),
    "ce": ("eita", "vixe", "macho", "arre égua"),
    "pa": ("égua", "mana", "pai d'égua"),
    "go": ("uai", "trem", "nossa"),
}
_EMOJI = {
    "good": ("😍", "🥰", "🙏", "❤️", "😊", "👏", "🎉", "😁", "💙", "🤗"),
    "neutral": ("😊", "🙂", "👍", "🤔", "👀", "🙏"),
    "bad": ("😡", "😤", "😞", "🙄", "😠", "😢", "🤦‍♀️", "👎", "😕"),
}
_LAUGHS = ("kkk", "kkkk", "rsrs", "kkkkkk", "haha")
_PROTECTED = re.compile(r"[\d@/{}]")
_STRETCHABLE = re.compile(r"(?<=\w)([aeiou])$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|,\s+(?=\w{4,})")


def typed(text: str, style: Style, mood: Mood | None, rng: Random) -> str:
    """The text as this person would send it."""
    words = [_word(word, style, rng) for word in text.split(" ")]
    if words and rng.random() < style.lower:
        words = [word if _PROTECTED.search(word) else word.lower() for word in words]
    if rng.random() < style.stretch / 2:
        _stretch(words, rng)
    out = " ".join(words)
    if len(words) > 4 and rng.random() < 0.06:
        saying = rng.choice(_SAYINGS[style.region])
        out = f"{saying}, {out}" if rng.random() < 0.5 else f"{out}, {saying}"
    return _ending(out, style, mood, rng)


def _word(word: str, style: Style, rng: Random) -> str:
    if len(word) < 3 or _PROTECTED.search(word):
        return word
    core = word.rstrip(",.!?")
    short = _SHORT.get(core.lower())
    if short is not None and rng.random() < style.abbreviate:
        return rng.choice(short) + word[len(core) :]
    if rng.random() < style.typo and len(core) > 4 and core.isalpha():
        word = _slip(core, rng) + word[len(core) :]
    return ascii_letters(word) if rng.random() < style.drop_accents else word


def _slip(word: str, rng: Random) -> str:
    """One slip of the thumb: two letters swapped, one doubled, one left out."""
    at = rng.randrange(1, len(word) - 1)
    kind = rng.random()
    if kind < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] + word[at:] if kind < 0.75 else word[:at] + word[at + 1 :]


def _stretch(words: list[str], rng: Random) -> None:
    at = rng.randrange(len(words))
    if len(words[at]) > 3 and not _PROTECTED.search(words[at]):
        words[at] = _STRETCHABLE.sub(lambda found: found[1] * rng.randint(3, 6), words[at])


def _ending(text: str, style: Style, mood: Mood | None, rng: Random) -> str:
    tone = mood.tone if mood else "neutral"
    if tone != "neutral" and text[-1:].isalpha() and rng.random() < style.stretch:
        text += "!" * rng.randint(1, 4)
    if tone != "bad" and rng.random() < style.emoji / 6:
        text += f" {rng.choice(_LAUGHS)}"
    if rng.random() < style.emoji * (0.9 if tone != "neutral" else 0.35):
        text += f" {rng.choice(_EMOJI[tone])}"
    return text


def bubbles(text: str, style: Style, rng: Random) -> list[str]:
    """The text as one message, or as several short ones sent in a row."""
    if len(text) < 30 or rng.random() > style.bubbles:
        return [text]
    parts = [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
    return parts[:3] if len(parts) <= 3 else [parts[0], parts[1], ", ".join(parts[2:])]
