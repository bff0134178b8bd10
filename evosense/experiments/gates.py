"""From numbers to a decision: one gate for the primary measure, one for each guardrail, and the verdict in words."""

from __future__ import annotations

from collections.abc import Sequence

from evosense.errors import InvalidInput
from evosense.experiments.card import Effect, Gate
from evosense.experiments.models import Guardrail, Outcome, Question
from evosense.experiments.statistics import sample_size
from evosense.experiments.statistics.distributions import two_sided_t


def gates_of(effects: Sequence[Effect], question: Question) -> tuple[Gate, ...]:
    """The primary's gate, then the guardrails' in order.

    Raises:
        InvalidInput: a measure that was asked for is not among the effects.
    """
    by_name = {effect.measure: effect for effect in effects}
    if question.primary not in by_name:
        message = f"{question.primary} was not measured on both prompts"
        raise InvalidInput(message)
    primary = _primary_gate(by_name[question.primary], question)
    return (
        primary,
        *(_guardrail_gate(by_name.get(rail.measure), rail, question.alpha) for rail in question.guardrails),
    )


def _primary_gate(effect: Effect, question: Question) -> Gate:
    _, low, high = _towards_better(effect)
    margin = question.margin
    is_seen = effect.adjusted_p <= question.alpha
    if question.goal == "better":
        is_pass, is_fail = low > 0 and is_seen, high < 0 and is_seen
    elif question.goal == "not_worse":
        is_pass, is_fail = low > -margin, high < -margin
    else:
        is_pass, is_fail = low > -margin and high < margin, high < -margin or low > margin
    outcome: Outcome = "pass" if is_pass else "fail" if is_fail else "undecided"
    reason = _numbers(effect)
    wanted = {"better": "better", "not_worse": f"not worse by {margin:g}", "same": f"the same within {margin:g}"}
    return Gate(f"primary: {effect.measure} {wanted[question.goal]}", outcome, reason)


def _guardrail_gate(effect: Effect | None, rail: Guardrail, alpha: float) -> Gate:
    name = f"guardrail: {rail.measure}"
    if effect is None:
        return Gate(name, "undecided", f"{rail.measure} was not measured on both prompts")
    margin = rail.margin * abs(effect.mean_a) if rail.is_relative else rail.margin
    # One-sided tests at alpha use the 1 - 2 alpha interval.
    half = two_sided_t(2 * alpha, effect.chats - 1) * effect.se
    gain, *_ = _towards_better(effect)
    reason = f"{effect.delta:+.4g} ± {half:.3g} against {margin:.4g}"
    if gain - half > -margin or (effect.se == 0 and gain >= -margin):
        return Gate(name, "pass", reason)
    return Gate(name, "fail" if gain + half < -margin else "undecided", reason)


def _towards_better(effect: Effect) -> tuple[float, float, float]:
    """Difference and interval with the sign that makes more better."""
    if effect.higher_is_better:
        return effect.delta, effect.low, effect.high
    return -effect.delta, -effect.high, -effect.low


def outcome_of(gates: Sequence[Gate]) -> Outcome:
    """Fail when any gate fails, pass when all pass, undecided otherwise."""
    if any(gate.outcome == "fail" for gate in gates):
        return "fail"
    return "pass" if all(gate.outcome == "pass" for gate in gates) else "undecided"


def verdict_of(effect: Effect, gates: Sequence[Gate], question: Question) -> str:
    """One or two sentences: what the primary measure says, and which guardrails stand in the way."""
    _, low, high = _towards_better(effect)
    numbers = _numbers(effect)
    if effect.adjusted_p <= question.alpha and low > 0:
        small = " (less than the margin that matters)" if high < question.margin else ""
        sentence = f"The candidate is better{small}: {numbers}."
    elif effect.adjusted_p <= question.alpha and high < 0:
        small = " (less than the margin that matters)" if low > -question.margin else ""
        sentence = f"The candidate is worse{small}: {numbers}."
    elif low > -question.margin and high < question.margin:
        sentence = f"No difference that matters (within ±{question.margin:g}): {numbers}."
    else:
        sentence = f"Undecided: {numbers}; {_advice(effect, question)}."
    bad = [gate.name.removeprefix("guardrail: ") for gate in gates[1:] if gate.outcome == "fail"]
    return sentence + (f" It breaks the guardrail {', '.join(bad)}." if bad else "")


def _numbers(effect: Effect) -> str:
    return f"{effect.measure} {effect.delta:+.4g} [{effect.low:+.4g}, {effect.high:+.4g}], p {effect.adjusted_p:.3g}"


def _advice(effect: Effect, question: Question) -> str:
    """How many chats would tell."""
    if effect.se <= 0:
        return "nothing varies"
    sd = effect.se * effect.n**0.5 / max(effect.deff, 1e-9) ** 0.5
    needed = sample_size(
        question.margin,
        sd,
        deff=max(effect.deff, 1e-9),
        messages_per_chat=effect.n / effect.chats,
        alpha=question.alpha,
    )
    return f"{effect.chats} chats only: need about {max(needed.chats, effect.chats + 1)} for {question.margin:g}"
