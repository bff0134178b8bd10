"""Which words of a vocabulary a mistyped one may stand for: edit distance with swapped neighbours."""

from __future__ import annotations

from collections.abc import Iterable

_AT_MOST = 3
_FORGIVEN_ONE = 4
_FORGIVEN_TWO = 8


def forgiven(word: str) -> int:
    """How many slips a word of this length is forgiven: none below 4 letters, one below 8, else two."""
    return 0 if len(word) < _FORGIVEN_ONE else 1 if len(word) < _FORGIVEN_TWO else 2


def nearest(word: str, vocabulary: Iterable[tuple[str, int]], *, at_most: int = _AT_MOST) -> tuple[str, ...]:
    """The words (given with their number of documents) that `word` may be mistyped for, the likeliest first."""
    limit = forgiven(word)
    found: list[tuple[int, int, str]] = []
    for other, documents in vocabulary:
        slips = distance(word, other, limit)
        if 0 < slips <= limit:
            found.append((slips, -documents, other))
    return tuple(other for _, _, other in sorted(found)[:at_most])


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
