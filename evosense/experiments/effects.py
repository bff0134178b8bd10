"""From paired rows to effects: all measures share one pass of sign flips and one of resamples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from evosense.errors import InvalidInput
from evosense.experiments.card import Effect, Percentile, Rate
from evosense.experiments.measures import Measure, rows_for
from evosense.experiments.models import Question
from evosense.experiments.statistics import (
    Clusters,
    clustered_mean,
    holm,
    mcnemar,
    newcombe_paired,
    require_chats,
    sign_flip_tests,
    wilcoxon_pratt,
    wilson,
)
from evosense.experiments.statistics.arrays import Floats
from evosense.experiments.statistics.quantiles import QuantileSums
from evosense.experiments.statistics.resample import Matrix, resample_both

_SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Sample:
    """The rows of one measure: both arms' numbers (n,), their chats, and their chats among all chats of the frame.

    `noise_floor` is the mean absolute difference of the baseline's two answers, None where it never gave two.
    """

    measure: Measure
    a: Floats
    b: Floats
    chats: Clusters
    everywhere: Clusters
    noise_floor: float | None = None

    @property
    def differences(self) -> Floats:
        """Candidate minus baseline (n,)."""
        return self.b - self.a


def sample_of(frame: pl.DataFrame, measure: Measure, chats: Clusters) -> Sample | None:
    """The rows on which both arms have the measure; None when fewer than two chats have any.

    `chats` are those of all rows of the frame: random draws over them are shared between measures.
    """
    defined = rows_for(frame, measure)
    keep = defined.to_numpy()
    everywhere = Clusters(chats.codes[keep], chats.count)
    present = everywhere.sizes > 0
    if present.sum() < 2:
        return None
    values = frame.select(a=measure.of("a"), b=measure.of("b")).filter(defined)
    local = Clusters((np.cumsum(present) - 1)[everywhere.codes], int(present.sum()))
    floor = _noise_floor(frame, measure)
    return Sample(measure, values["a"].to_numpy(), values["b"].to_numpy(), local, everywhere, floor)


def _noise_floor(frame: pl.DataFrame, measure: Measure) -> float | None:
    needed = set(measure.of("r").meta.root_names()) | {"status_r"}
    if not needed <= set(frame.columns):
        return None
    twice = rows_for(frame, measure, other="r")
    if not twice.any():
        return None
    # The baseline's own values come from all rows: a percentile among them must not change with who was asked twice.
    values = frame.select(a=measure.of("a"), r=measure.of("r")).filter(twice)
    return float((values["r"] - values["a"]).abs().to_numpy().mean())


def effects_of(
    samples: Sequence[Sample], question: Question, seed: int
) -> tuple[tuple[Effect, ...], tuple[Percentile, ...]]:
    """One effect per sample, in order, and the latency percentiles; secondary p-values are adjusted by Holm.

    All of it stands on one pass of sign flips and one of resampled chats.
    """
    sums = np.column_stack([sample.everywhere.sums(sample.differences) for sample in samples])
    ps = sign_flip_tests(sums, flips=question.flips, seed=seed)
    means, latency = _resampled(samples, sums, question, seed)
    found = [_effect(s, p, drawn, question.alpha) for s, p, drawn in zip(samples, ps, means, strict=True)]
    secondary = [effect for effect in found if effect.measure != question.primary]
    adjusted = holm([e.p for e in secondary]).p.tolist() if secondary else []
    by_name = dict(zip((e.measure for e in secondary), adjusted, strict=True))
    return tuple(replace(effect, adjusted_p=by_name.get(effect.measure, effect.p)) for effect in found), latency


def _resampled(
    samples: Sequence[Sample], sums: Matrix, question: Question, seed: int
) -> tuple[list[Floats], tuple[Percentile, ...]]:
    """Each measure's mean difference over resampled chats, (draws,) each, and the percentiles of latency."""
    sizes = np.column_stack([sample.everywhere.sizes for sample in samples])
    timed = next((sample for sample in samples if sample.measure.name == "latency"), None)
    quantiles = None if timed is None else QuantileSums(timed.a, timed.b, timed.everywhere, _SHARES)
    columns = [sizes.astype(np.float32), sums.astype(np.float32)]
    if quantiles is not None:
        columns.append(quantiles.dense)
    fine = None if quantiles is None else quantiles.fine
    drawn, fine_drawn = resample_both(np.hstack(columns), fine, draws=question.draws, seed=seed)
    k = len(samples)
    means = [drawn[:, k + place] / np.maximum(drawn[:, place], 1) for place in range(k)]
    if quantiles is None:
        return means, ()
    found = quantiles.results(drawn[:, 2 * k :], fine_drawn, question.alpha)
    return means, tuple(Percentile(q.share, q.first, q.second, q.estimate, q.low, q.high) for q in found)


def _effect(sample: Sample, p: float, drawn: Floats, alpha: float) -> Effect:
    differences = sample.differences
    mean = clustered_mean(differences, sample.chats, alpha=alpha)
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    design = mean.design
    return Effect(
        measure=sample.measure.name,
        unit=sample.measure.unit,
        higher_is_better=sample.measure.higher_is_better,
        n=design.n,
        chats=design.chats,
        mean_a=float(sample.a.mean()),
        mean_b=float(sample.b.mean()),
        delta=mean.estimate,
        se=mean.se,
        low=mean.low,
        high=mean.high,
        p=p,
        t_p=mean.p,
        wilcoxon_p=wilcoxon_pratt(differences, sample.chats).p,
        adjusted_p=p,
        boot_low=float(low),
        boot_high=float(high),
        deff=design.deff,
        icc=design.icc,
        effective_chats=design.effective_chats,
        moved=float(np.abs(differences).mean()),
        noise_floor=sample.noise_floor,
    )


def rate_of(sample: Sample, alpha: float) -> Rate:
    """A yes/no measure's two rates and their paired difference."""
    a, b = (wilson(values, clusters=sample.chats, alpha=alpha) for values in (sample.a, sample.b))
    difference = newcombe_paired(sample.a, sample.b, sample.chats, alpha=alpha)
    flips = mcnemar(sample.a, sample.b, sample.chats)
    return Rate(
        measure=sample.measure.name,
        rate_a=a.estimate,
        rate_b=b.estimate,
        interval_a=(a.low, a.high),
        interval_b=(b.low, b.high),
        delta=difference.estimate,
        low=difference.low,
        high=difference.high,
        gained=flips.gained,
        lost=flips.lost,
        p=flips.p,
    )


def require_enough(samples: dict[str, Sample], question: Question) -> Sample:
    """The primary measure's sample, or a refusal that says how many chats the question needs.

    Raises:
        InvalidInput: no rows, or fewer chats than `question.min_chats`.
    """
    sample = samples.get(question.primary)
    if sample is None:
        message = f"nothing to compare: no two chats have {question.primary} from both prompts"
        raise InvalidInput(message)
    sd = float(np.std(sample.differences))
    require_chats(
        sample.chats.count,
        delta=question.margin,
        sd=sd if sd > 0 and math.isfinite(sd) else question.margin,
        messages_per_chat=len(sample.a) / sample.chats.count,
        icc=0.1,
        least=question.min_chats,
    )
    return sample
