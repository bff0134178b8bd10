"""What an experiment is made of: arms, the question registered beforehand, and the rows it is answered with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Goal = Literal["better", "not_worse", "same"]
Outcome = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True)
class Arm:
    """A prompt under a model. `label` is what reports call it."""

    label: str
    prompt_hash: str
    config_hash: str


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A measure that may get worse by less than `margin`; relative margins are shares of the baseline's mean."""

    measure: str
    margin: float
    is_relative: bool = False


DEFAULT_GUARDRAILS = (
    Guardrail("invalid", 0.01),
    Guardrail("slow", 0.05),
    Guardrail("cost", 0.10, is_relative=True),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, before looking.

    Attributes:
        primary: name of the measure that decides.
        goal: the candidate shall be `better`, `not_worse` than the margin, or the `same` within it.
        margin: the smallest difference that matters, in the measure's unit.
        alpha: level of the primary test.
        guardrails: what must not get worse; all have to hold.
        draws: bootstrap resamples.
        flips: sign patterns of the permutation test.
        min_chats: below this nothing is answered.
    """

    primary: str = "sentiment"
    goal: Goal = "better"
    margin: float = 0.02
    alpha: float = 0.05
    guardrails: tuple[Guardrail, ...] = field(default=DEFAULT_GUARDRAILS)
    draws: int = 2_000
    flips: int = 10_000
    min_chats: int = 10
