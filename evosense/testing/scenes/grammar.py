"""The little grammar of the text files: `[a|b]` chooses, `{x}` names a value, the rest is text.

`{x}` keeps its value within a conversation, `{x*}` is drawn anew, and a name that ends in `_m` is the value
with a capital first letter. Alternatives nest and may be empty. Templates are parsed once and expanded often.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from evosense.errors import InvalidInput

Lookup = Callable[[str, bool], str]
"""(name, drawn anew) → value."""

_PIECE = re.compile(r"[\[\]|]|\{[a-z_]+\*?\}|[^\[\]|{}]+")
_SPACES = re.compile(r"\s+")
_BEFORE_MARK = re.compile(r"\s+([,.!?;:])")


@dataclass(frozen=True, slots=True)
class Slot:
    """A named value."""

    name: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, each a sequence of parts."""

    options: tuple[tuple[Part, ...], ...]


Part = str | Slot | Choice


def parse(template: str) -> tuple[Part, ...]:
    """Read one template.

    Raises:
        InvalidInput: Its brackets don't match.
    """
    pieces = _PIECE.findall(template)
    parts, end = _sequence(pieces, 0, nested=False)
    if end != len(pieces) or "".join(pieces) != template:
        raise InvalidInput(f"The brackets of this line don't match: {template}")
    return parts


def _sequence(pieces: Sequence[str], start: int, *, nested: bool) -> tuple[tuple[Part, ...], int]:
    parts: list[Part] = []
    at = start
    while at < len(pieces) and not (nested and pieces[at] in "|]"):
        piece = pieces[at]
        if piece in "|]":
            raise InvalidInput(f"There is a {piece} outside of any brackets.")
        if piece == "[":
            choice, at = _choice(pieces, at + 1)
            parts.append(choice)
            continue
        parts.append(Slot(piece[1:-1].rstrip("*"), piece.endswith("*}")) if piece.startswith("{") else piece)
        at += 1
    return tuple(parts), at


def _choice(pieces: Sequence[str], start: int) -> tuple[Choice, int]:
    options: list[tuple[Part, ...]] = []
    at = start
    while True:
        option, at = _sequence(pieces, at, nested=True)
        options.append(option)
        if at >= len(pieces):
            raise InvalidInput("A bracket is never closed.")
        at += 1
        if pieces[at - 1] == "]":
            return Choice(tuple(options)), at


def expand(parts: Sequence[Part], rng: Random, lookup: Lookup) -> str:
    """One text of a template, spaces tidied."""
    return _BEFORE_MARK.sub(r"\1", _SPACES.sub(" ", _expand(parts, rng, lookup))).strip(" ,")


def _expand(parts: Sequence[Part], rng: Random, lookup: Lookup) -> str:
    out: list[str] = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, Slot):
            out.append(lookup(part.name, part.fresh))
        else:
            out.append(_expand(part.options[int(rng.random() * len(part.options))], rng, lookup))
    return "".join(out)
