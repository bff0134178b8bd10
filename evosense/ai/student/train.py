"""Training: from examples to a model with the quality that it reaches on chats it has not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from evosense.ai.embedded.emotion import NEUTRAL_BELOW
from evosense.ai.embedded.scorer import judge
from evosense.ai.quality import Label, measure, side
from evosense.ai.student.features import read_rows
from evosense.ai.student.model import StudentModel, ridge

FEWEST = 200
_FEWEST_OF_AN_EMOTION = 20
_HELD_OUT_OF = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A message's text with what was said of it: sentiment -1..1, satisfaction 0..100 (None: not said), emotion."""

    chat_id: UUID
    text: str
    sentiment: float
    satisfaction: int | None
    emotion: str | None
    by_person: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """What a student reached on held-out chats.

    Attributes:
        trained_on: examples it learned from; by_person: how many of all examples a person labelled.
        held_out: examples it was measured on.
        macro_f1: of negative, neutral, positive.
        sentiment_error: mean distance from what was said, -1..1.
        emotion_accuracy: share of emotions that agree.
        rules_macro_f1: of the embedded rules on the same examples, for comparison.
    """

    trained_on: int
    by_person: int
    held_out: int
    macro_f1: float
    sentiment_error: float
    emotion_accuracy: float
    rules_macro_f1: float


def train(examples: Sequence[Example]) -> tuple[StudentModel, Quality] | None:
    """A model and its quality; None when there is too little to learn from or to measure on.

    A fifth of the chats is held out, and the model that was measured is the one that is kept.
    """
    held = [one for one in examples if one.chat_id.int % _HELD_OUT_OF == 0]
    seen = [one for one in examples if one.chat_id.int % _HELD_OUT_OF != 0]
    if len(seen) < FEWEST or len(held) < FEWEST // 10:
        return None
    model = _fit(seen)
    return model, _measure(model, examples, seen, held)


def _fit(examples: Sequence[Example]) -> StudentModel:
    rows = read_rows([one.text for one in examples])
    counted = Counter(one.emotion for one in examples if one.emotion)
    emotions = tuple(sorted(name for name, count in counted.items() if count >= _FEWEST_OF_AN_EMOTION))
    sentiment = np.array([one.sentiment for one in examples])
    # Where nobody said how satisfied, the sentiment says it: 50 + 50 x sentiment, as everywhere.
    satisfied = np.array([one.sentiment if one.satisfaction is None else one.satisfaction / 50 - 1 for one in examples])
    wanted = [sentiment, satisfied, *(np.array([float(one.emotion == name) for one in examples]) for name in emotions)]
    return StudentModel(np.stack([ridge(rows, line) for line in wanted]).astype(np.float16), emotions)


def _measure(
    model: StudentModel, examples: Sequence[Example], seen: Sequence[Example], held: Sequence[Example]
) -> Quality:
    outputs = model.outputs([one.text for one in held])
    told = {id(one): float(value) for one, value in zip(held, outputs[0], strict=True)}
    labelled: list[tuple[str, Label]] = [(str(n), side(one.sentiment, NEUTRAL_BELOW)) for n, one in enumerate(held)]
    said = measure("student", labelled, lambda n: side(told[id(held[int(n)])], NEUTRAL_BELOW))
    rules = measure("rules", labelled, lambda n: side(judge(held[int(n)].text).sentiment, NEUTRAL_BELOW))
    felt = [(one.emotion, place) for place, one in enumerate(held) if one.emotion]
    right = (
        sum(model.emotions[int(outputs[2:, place].argmax())] == name for name, place in felt) if model.emotions else 0
    )
    return Quality(
        trained_on=len(seen),
        by_person=sum(one.by_person for one in examples),
        held_out=len(held),
        macro_f1=round(said.macro_f1, 4),
        sentiment_error=round(float(np.abs(outputs[0] - [one.sentiment for one in held]).mean()), 4),
        emotion_accuracy=round(right / len(felt), 4) if felt else 0.0,
        rules_macro_f1=round(rules.macro_f1, 4),
    )
