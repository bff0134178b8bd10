"""Sum up what a text's words say: VADER's scheme (Hutto and Gilbert, 2014) over Portuguese phrases.

Longest phrase first; a negation up to three words before turns a word by -0.74, or makes a complaint of what was
expected ("não chegou"); a booster beside it strengthens or weakens; a question is read by our lists alone; praise
thrown before a complaint is irony; what follows "mas" counts half again, what precedes it half; the sum x becomes
x / sqrt(x^2 + 15), in -1..1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt

from evosense.ai.embedded.lexicon import NEAR_NEGATIONS, NEGATIONS, Entry, Lexicon
from evosense.ai.embedded.text import Reading

_NEGATED = -0.74
_NORMALISER = 15.0
# "não atualiza há dias" says no less than "há dias", nor "não tenho nenhum retorno" than "nenhum retorno".
_UNTURNED = frozenset(("ha", "faz", "fazem", "nenhum", "nenhuma", "sem", "nem", "nada", "ninguem"))
_PAST = ("ou", "ram", "eu", "iu", "do", "da")
_FIRST_SIGN = 0x2600
_SAID_ALOUD = 1.0
_COMPLAINT = -1.3
_IRONY = 0.1
_OPENER_LIST = """
parabens otimo otima excelente maravilha maravilhoso perfeito lindo legal bom show beleza obrigado obrigada sensacional
"""
_OPENERS = frozenset(_OPENER_LIST.split())
_AFTER_OPENER = frozenset(("por", "pela", "pelo", "viu", "hein", "mais", "ne"))
_DAY_LIST = """
domingo domingos sabado sabados feriado feriados segunda segundas terca tercas quarta quartas quinta quintas sexta
sextas manha tarde noite madrugada almoco
"""
_DAYS = frozenset(_DAY_LIST.split())
_REASONS = frozenset(("porque", "pq", "ninguem", "ngm"))
_WHY = frozenset(("por", "que"))
_NEVER = frozenset(("nunca", "jamais"))
_BREAKS = frozenset(".,;\n")
_TURNS = frozenset(("mas", "porem", "entretanto", "todavia", "contudo"))
_NOTHING = Entry(0.0, None, ours=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: where, what it says here, and whether a negation turned it."""

    position: int
    valence: float
    entry: Entry
    negated: bool


@dataclass(frozen=True, slots=True)
class Valence:
    """The opinion found in a text.

    Attributes:
        compound: -1..1.
        positive: sum of positive valences, 0 or more.
        negative: sum of negative valences, 0 or less.
        hits: every phrase that said something.
    """

    compound: float
    positive: float
    negative: float
    hits: tuple[Hit, ...]


def weigh(reading: Reading, lexicon: Lexicon) -> Valence:
    """Sum up a text."""
    hits = list(_find(reading.tokens, lexicon))
    if _asks(reading.tokens):
        hits = [hit for hit in hits if _is_told(reading.tokens, hit)]
    hits = _soured(reading.tokens, hits)
    turn = _last_turn(reading.tokens)
    if turn is not None:
        hits = [Hit(h.position, h.valence * (0.5 if h.position < turn else 1.5), h.entry, h.negated) for h in hits]
    positive = sum(h.valence for h in hits if h.valence > 0)
    negative = sum(h.valence for h in hits if h.valence < 0)
    total = positive + negative
    emphasis = 0.292 * min(reading.exclamations, 4) + (0.7 if reading.shouting else 0.0)
    if abs(total) > 0.3:
        total += emphasis if total > 0 else -emphasis
    return Valence(total / sqrt(total * total + _NORMALISER), positive, negative, tuple(hits))


def _asks(tokens: tuple[str, ...]) -> bool:
    """Whether the message ends as a question: then a word that only may mean something says nothing."""
    words = [token for token in tokens if ord(token[0]) < _FIRST_SIGN]
    return bool(words) and "?" in words[-1]


def _is_told(tokens: tuple[str, ...], hit: Hit) -> bool:
    """Whether a hit in a question is more than what is asked: "vocês não abrem?" is no complaint, "não chegou?" is."""
    if hit.entry.if_negated is not None:
        return tokens[hit.position].endswith(_PAST)
    if _asks_when(tokens) and tokens[hit.position] in NEGATIONS and not tokens[hit.position + 1].endswith(_PAST):
        return False
    return hit.entry.ours and abs(hit.valence) >= _SAID_ALOUD


def _asks_when(tokens: tuple[str, ...]) -> bool:
    """Whether a question names days or hours and not reasons: "não atendem aos sábados?" asks for opening hours."""
    if not _REASONS.isdisjoint(tokens) or _WHY.issubset(tokens):
        return False
    # "Boa tarde" is a greeting.
    return any(token in _DAYS and (at == 0 or tokens[at - 1] != "boa") for at, token in enumerate(tokens))


def _soured(tokens: tuple[str, ...], hits: list[Hit]) -> list[Hit]:
    """Praise by itself ("parabéns", "que maravilha,") before a complaint is irony, and so is the applause around it."""
    complaints = [hit.position for hit in hits if hit.entry.ours and hit.valence <= _COMPLAINT]
    if not complaints or _last_turn(tokens) is not None:
        return hits
    praise = [hit for hit in hits if hit.valence > 0 and hit.position < complaints[-1] and _is_opener(tokens, hit)]
    if not praise:
        return hits
    return [
        replace(hit, valence=_IRONY * hit.valence)
        if hit.valence > 0 and (hit in praise or not tokens[hit.position][0].isalnum())
        else hit
        for hit in hits
    ]


def _is_opener(tokens: tuple[str, ...], hit: Hit) -> bool:
    """Whether a hit is praise of nothing in particular: followed by a pause, an emoji or "por"."""
    at = hit.position
    if tokens[at] == "que" and at + 1 < len(tokens):
        at += 1
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    return tokens[at] in _OPENERS and (following in _AFTER_OPENER or not following[:1].isalnum())


def _find(tokens: tuple[str, ...], lexicon: Lexicon) -> Iterator[Hit]:
    at = 0
    while at < len(tokens):
        entry, size = _longest(tokens, at, lexicon)
        if entry.if_negated is not None:
            if _is_negated(tokens, at):
                yield Hit(at, entry.if_negated, entry, negated=False)
        elif entry.valence:
            valence = entry.valence * _boost(tokens, at, size, lexicon)
            negated = _is_negated(tokens, at)
            yield Hit(at, valence * (_NEGATED if negated else 1.0), entry, negated)
        at += size


def _longest(tokens: tuple[str, ...], at: int, lexicon: Lexicon) -> tuple[Entry, int]:
    """The longest phrase starting here and its length; (nothing, 1) when there is none."""
    for size in range(min(lexicon.longest.get(tokens[at], 0), len(tokens) - at), 0, -1):
        entry = lexicon.phrases.get(tokens[at : at + size])
        if entry is not None:
            return entry, size
    return _inflected(tokens[at], lexicon), 1


def _inflected(word: str, lexicon: Lexicon) -> Entry:
    """Plural and feminine forms by their base ("atrasadas" -> "atrasado"); superlatives at 1.3."""
    if len(word) < 5 or not word.isalpha():
        return _NOTHING
    if word.endswith(("issimo", "issima")):
        base = lexicon.phrases.get((word[:-6] + "o",))
        return Entry(1.3 * base.valence, base.emotion, base.ours) if base else _NOTHING
    stem = word.removesuffix("s")
    for form in (stem, stem[:-1] + "o" if stem.endswith("a") else stem):
        found = lexicon.phrases.get((form,))
        if found is not None:
            return found
    return _NOTHING


def _boost(tokens: tuple[str, ...], at: int, size: int, lexicon: Lexicon) -> float:
    before = lexicon.boosters.get(tokens[at - 1], 1.0) if at else 1.0
    after = tokens[at + size] if at + size < len(tokens) else ""
    return before * (1.25 if after == "demais" else 1.0)


def _is_negated(tokens: tuple[str, ...], at: int) -> bool:
    """Whether a negation stands up to three words before in the same clause; nothing turns an emoji."""
    if not tokens[at][0].isalnum() or tokens[at] in _UNTURNED:
        return False
    if at and tokens[at - 1] in NEAR_NEGATIONS:
        return True
    for back in range(at - 1, max(at - 4, -1), -1):
        token = tokens[back]
        if token in _BREAKS or token in _TURNS or token[0] in "!?":
            return False
        if token in NEGATIONS:
            # "nunca fui tão mal atendida" is no denial.
            return not (token in _NEVER and "tao" in tokens[back:at])
    return False


def _last_turn(tokens: tuple[str, ...]) -> int | None:
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at] in _TURNS:
            return at
    return None
