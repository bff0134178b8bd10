"""Which words of a vocabulary a mistyped one may stand for: edit distance with swapped neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase
from typing import NamedTuple

_AT_MOST = 3
# The longer of the two words counts, so that a letter left out of "água" is forgiven too.
_FORGIVEN_ONE = 4
_FORGIVEN_TWO = 8


class Form(NamedTuple):
    """A word as people write it (folded), the lexeme it is searched by, and how many messages hold it."""

    form: str
    lexeme: str
    documents: int


def forgiven(length: int) -> int:
    """How many slips a word of this length is forgiven: none below 4 letters, one below 8, else two."""
    return 0 if length < _FORGIVEN_ONE else 1 if length < _FORGIVEN_TWO else 2


def one_slip(word: str) -> set[str]:
    """All that `word` may be mistyped for by one slip: some 54 strings a letter, itself among them."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    left_out = {head + tail[1:] for head, tail in halves if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in halves if len(tail) > 1}
    changed = {head + letter + tail[1:] for head, tail in halves if tail for letter in ascii_lowercase}
    put_in = {head + letter + tail for head, tail in halves for letter in ascii_lowercase}
    return left_out | swapped | changed | put_in


def nearest(word: str, forms: Iterable[Form], *, at_most: int = _AT_MOST) -> tuple[str, ...]:
    """The lexemes of the forms that `word` may be mistyped for, the likeliest first."""
    found: list[tuple[int, int, str]] = []
    for other in forms:
        limit = forgiven(max(len(word), len(other.form)))
        # A slip changes two letters of the whole set at most: what this leaves out is not worth a distance.
        if len(set(word).symmetric_difference(other.form)) > 2 * limit:
            continue
        slips = distance(word, other.form, limit)
        if 0 < slips <= limit:
            found.append((slips, -other.documents, other.lexeme))
    return tuple(dict.fromkeys(lexeme for _, _, lexeme in sorted(found)))[:at_most]


def distance(one: str, other: str, limit: int) -> int:
    """Letters to insert, leave out, change or swap with a neighbour to turn one into the other; limit + 1 for more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, opposite in enumerate(other, start=1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > limit:
            return limit + 1
        before, above = above, line
    return min(above[-1], limit + 1)
