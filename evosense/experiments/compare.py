"""Comparing two arms on a frame of paired rows: one pure function from rows to a card."""

from __future__ import annotations

import hashlib

import polars as pl

from evosense.errors import InvalidInput
from evosense.experiments.calibration import calibration_of, validity_of
from evosense.experiments.card import Card, Coverage
from evosense.experiments.concurrence import (
    RANK_ROWS,
    agreement_of,
    both_scored,
    chat_codes,
    confusions_of,
    noise_floor_of,
)
from evosense.experiments.effects import effects_of, rate_of, require_enough, sample_of
from evosense.experiments.gates import gates_of, outcome_of, verdict_of
from evosense.experiments.measures import MEASURES, USABLE, measure_named
from evosense.experiments.models import Arm, Question
from evosense.experiments.slices import slices_of

_RATES = ("invalid", "repaired")


def compare_frame(
    frame: pl.DataFrame,
    *,
    baseline: Arm,
    candidate: Arm,
    question: Question | None = None,
    dataset_hash: str = "",
    outcomes: pl.DataFrame | None = None,
) -> Card:
    """Everything a report says about two arms.

    Args:
        frame: one row per message: `chat`, `status_a`, `sentiment_a` … and `_b` (see `evosense.experiments.frame`);
            with `_r` where the baseline scored twice, `label_…` where people did, and slice columns.
        baseline: arm A, normally the champion.
        candidate: arm B.
        question: what was asked beforehand.
        dataset_hash: names the rows; together with the arms it seeds every random draw, so that running again
            gives the same numbers.
        outcomes: what happened to chats afterwards: `chat`, `kind`, `value`.

    Raises:
        InvalidInput: too few chats, no usable answer at all, or an unknown measure.
    """
    asked = question or Question()
    measure_named(asked.primary)
    for rail in asked.guardrails:
        measure_named(rail.measure)
    seed = seed_of(dataset_hash, baseline.prompt_hash, candidate.prompt_hash)
    chats = chat_codes(frame)
    samples = {m.name: s for m in MEASURES.values() if _is_there(frame, m.base) and (s := sample_of(frame, m, chats))}
    _require_usable(frame, candidate)
    require_enough(samples, asked)
    effects, latency = effects_of(list(samples.values()), asked, seed)
    scored = both_scored(frame)
    gates = gates_of(effects, asked)
    primary = next(effect for effect in effects if effect.measure == asked.primary)
    return Card(
        dataset_hash=dataset_hash,
        baseline=baseline,
        candidate=candidate,
        question=asked,
        seed=seed,
        coverage=_coverage(frame, scored),
        effects=effects,
        rates=tuple(rate_of(samples[name], asked.alpha) for name in _RATES if name in samples),
        latency=latency,
        agreement=agreement_of(scored, asked.alpha, seed) if len(scored) else (),
        confusions=confusions_of(scored),
        noise_floor=noise_floor_of(frame, asked.alpha, asked.flips, seed),
        slices=slices_of(frame, MEASURES[asked.primary], alpha=asked.alpha, seed=seed),
        calibration=calibration_of(frame, asked.alpha, asked.flips, seed),
        validity=() if outcomes is None else validity_of(frame, outcomes, asked.alpha, seed),
        gates=gates,
        outcome=outcome_of(gates),
        verdict=verdict_of(primary, gates, asked),
    )


def seed_of(*names: str) -> int:
    """A seed that depends on what is compared and on nothing else."""
    return int.from_bytes(hashlib.sha256("|".join(names).encode()).digest()[:4], "big")


def _is_there(frame: pl.DataFrame, base: str) -> bool:
    return base != "labelled" or "label_sentiment" in frame.columns


def _require_usable(frame: pl.DataFrame, candidate: Arm) -> None:
    """Refuse a candidate that answered and never usably, naming what came instead. Raises InvalidInput."""
    counts = dict(frame["status_b"].drop_nulls().value_counts().iter_rows())
    if counts and not counts.keys() & set(USABLE):
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        message = f"{candidate.label} gave no usable answer ({told}): mend the prompt or its schema, then replay again"
        raise InvalidInput(message)


def _coverage(frame: pl.DataFrame, scored: pl.DataFrame) -> Coverage:
    def statuses(side: str) -> dict[str, int]:
        counts = frame[f"status_{side}"].fill_null("missing").value_counts(sort=True)
        return dict(sorted(zip(counts[f"status_{side}"].to_list(), counts["count"].to_list(), strict=True)))

    return Coverage(
        items=len(frame),
        paired=len(scored),
        chats=scored["chat"].n_unique(),
        statuses_a=statuses("a"),
        statuses_b=statuses("b"),
        rank_subsample=min(len(scored), RANK_ROWS),
    )
