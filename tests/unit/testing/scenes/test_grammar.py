"""The grammar expands what it parses and refuses lines whose brackets don't match."""

from __future__ import annotations

from random import Random

import pytest

from evosense.errors import InvalidInput
from evosense.testing.scenes.grammar import expand, parse


def texts(template: str, draws: int = 60) -> set[str]:
    rng = Random(1)
    return {expand(parse(template), rng, lambda name, fresh: f"<{name}{'*' if fresh else ''}>") for _ in range(draws)}


def test_alternatives_nest_and_may_be_empty() -> None:
    assert texts("[oi|olá [você|gente]|]") == {"oi", "olá você", "olá gente", ""}


def test_slots_are_looked_up_fresh_or_kept() -> None:
    assert texts("pedido {pedido} e {pedido*}") == {"pedido <pedido> e <pedido*>"}


def test_spaces_and_dangling_commas_are_tidied() -> None:
    assert texts("[ |]oi [ ,|] tudo  bem ,") == {"oi tudo bem", "oi, tudo bem"}


@pytest.mark.parametrize("broken", ["[a|b", "a]b", "[[a]", "{x", "a}"])
def test_broken_lines_are_refused(broken: str) -> None:
    with pytest.raises(InvalidInput):
        parse(broken)
