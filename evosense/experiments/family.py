"""Several candidates against one baseline at once: the chance that any of them is called better by luck stays alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evosense.experiments.card import Card, Effect
from evosense.experiments.gates import gates_of, outcome_of, verdict_of
from evosense.experiments.statistics import holm


def as_a_family(cards: Sequence[Card]) -> list[Card]:
    """The cards with Holm's p over their primary measures, and gates, outcome and verdict that follow from it.

    One card stays as it is. `not_worse` and `same` are decided by intervals, which are each card's own.
    """
    if len(cards) < 2:
        return list(cards)
    adjusted = holm([card.primary.p for card in cards], alpha=cards[0].question.alpha).p.tolist()
    return [_decided_again(card, p) for card, p in zip(cards, adjusted, strict=True)]


def _decided_again(card: Card, adjusted_p: float) -> Card:
    effects: tuple[Effect, ...] = tuple(
        replace(effect, adjusted_p=adjusted_p) if effect.measure == card.question.primary else effect
        for effect in card.effects
    )
    gates = gates_of(effects, card.question)
    primary = next(effect for effect in effects if effect.measure == card.question.primary)
    verdict = verdict_of(primary, gates, card.question)
    return replace(card, effects=effects, gates=gates, outcome=outcome_of(gates), verdict=verdict)
